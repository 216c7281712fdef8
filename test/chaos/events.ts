/** The events of an answer, as text, in whichever way it is cut. */

export interface EventBlock {
  id: number | undefined
  name: string | undefined
  data: string
  /** The event as it came, with its blank line. */
  text: string
}

/** The whole events of a stream. Comments and an event that was cut off are left out. */
export function eventsIn(stream: string): EventBlock[] {
  const blocks: EventBlock[] = []
  const lines = stream.split(/(?<=\n)/)
  let text = ''
  let fields: [string, string][] = []
  for (const line of lines) {
    if (!line.endsWith('\n')) break
    const bare = line.replace(/\r?\n$/, '')
    if (bare.startsWith(':')) continue
    if (bare !== '') {
      const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(bare) ?? []
      fields.push([field, value])
      text += line
      continue
    }
    const of = (name: string) => fields.filter(([field]) => field === name).map(([, value]) => value)
    const [id] = of('id')
    const data = of('data')
    if (data.length > 0) {
      blocks.push({
        id: id === undefined ? undefined : Number(id),
        name: of('event')[0],
        data: data.join('\n'),
        text: text + line,
      })
    }
    text = ''
    fields = []
  }
  return blocks
}

/** What an event says, as far as its end is concerned. */
interface Saying {
  type?: string
  choices?: { delta?: { content?: unknown }; finish_reason?: unknown }[]
  delta?: unknown
  sequence_number?: number
  text?: string
  part?: { text?: string }
  item?: { content?: { text?: string }[] }
  usage?: unknown
  error?: { code?: string | null } | null
  millrace?: { state?: string }
  response?: { id?: string; status?: string; error?: { code?: string } | null }
}

export function sayingOf({ data }: EventBlock): Saying {
  try {
    const value: unknown = JSON.parse(data)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

const RUNS = ['created', 'queued', 'in_progress']

/** Whether nothing follows this event. */
export function isEnd(block: EventBlock): boolean {
  if (block.data === '[DONE]') return true
  const { type, error, response } = sayingOf(block)
  // A response's `error` comes before its end.
  if (type !== undefined && type !== 'error')
    return response?.status !== undefined && !RUNS.includes(response.status)
  return type === undefined && error != null
}

export function hasEnd(events: readonly EventBlock[]): boolean {
  const last = events.at(-1)
  return last !== undefined && isEnd(last)
}

/** How the last events say that the answer ended. */
export function endIn(events: readonly EventBlock[]): { state?: string; code?: string } {
  const last = events.slice(-2).map(sayingOf)
  const state = last.flatMap(({ millrace }) => millrace?.state ?? []).at(-1)
  const code = last.flatMap(({ error, response }) => error?.code ?? response?.error?.code ?? []).at(-1)
  return { ...(state !== undefined && { state }), ...(code !== undefined && { code }) }
}

/** The words of an event. */
export function wordsOf(block: EventBlock): string {
  const { choices, type, delta } = sayingOf(block)
  if (type === 'response.output_text.delta') return String(delta)
  const content = choices?.[0]?.delta?.content
  return typeof content === 'string' ? content : ''
}
