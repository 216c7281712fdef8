/**
 * What an event of an answer says that somebody could read, whatever field it stands in: text that is to be judged
 * before it is shown. More than what is counted as visible (tokens/visible-text.ts): a field that nobody here knows
 * may hold text too, and what isn't judged would be a way around the moderation.
 */
import { isRecord } from '../formats/chat-completions/read-event.ts'
import type { SseEvent } from '../protocol/decode.ts'
import { type ChatChunk, DONE } from '../protocol/wire.ts'

/** One piece of one running text. */
export interface Said {
  choice: number
  /** Which of the choice's texts goes on: the path of its field. */
  key: string
  text: string
}

export interface Reading {
  said: readonly Said[]
  /** The choices that say with this event that they are whole. */
  finished: readonly number[]
  /** Whether it is the answer's end: `[DONE]` or an error, after which nobody reads on. */
  ends: boolean
  /** What all chunks of one answer share; `undefined` where the event is none. */
  head?: Pick<ChatChunk, 'id' | 'object' | 'created' | 'model'> | undefined
}

/** The text of an answer as its readers mean it: the one whose characters are counted when they are to be withdrawn. */
export const CONTENT = 'delta.content'

const NOTHING: Reading = { said: [], finished: [], ends: false }

/** @param event `undefined` for what is no event, such as a comment */
export function readSaid(event: SseEvent | undefined): Reading {
  if (event === undefined) return NOTHING
  if (event.data === DONE) return { ...NOTHING, ends: true }
  const value = parse(event.data)
  try {
    if (isRecord(value)) return readRecord(value, event)
  } catch {
    // Nested deeper than the stack.
  }
  // Nobody knows what it is; somebody may print it.
  return { ...NOTHING, said: [{ choice: 0, key: 'data', text: event.data }] }
}

function readRecord(value: Record<string, unknown>, { event }: SseEvent): Reading {
  const said: Said[] = []
  const at = (choice: number) => (text: string, key: string) => {
    said.push({ choice, key, text })
    return text
  }
  const ends = value.error != null || event === 'error'
  if (ends || !Array.isArray(value.choices)) mapTexts(value.error ?? value, 'error', at(0))
  if (!Array.isArray(value.choices)) return { ...NOTHING, said, ends }
  const finished: number[] = []
  for (const [position, choice] of value.choices.entries()) {
    const index = indexOf(choice) ?? position
    mapChoice(choice, at(index))
    if (isRecord(choice) && choice.finish_reason != null) finished.push(index)
  }
  const { id, object, created, model } = value as unknown as ChatChunk
  return { said, finished, ends, head: { id, object, created, model } }
}

/**
 * The event's data with each character of its text overwritten: what a journal keeps of text that was withdrawn. The
 * text's length stays, so that whoever reads the answer later can withdraw as many characters as those who saw it.
 */
export function masked(data: string): string {
  if (data === DONE) return data
  const value = parse(data)
  if (!isRecord(value)) return mask(data)
  const { choices } = value
  if (!Array.isArray(choices)) return JSON.stringify(mapTexts(value, '', mask))
  return JSON.stringify({
    ...value,
    ...(value.error != null && { error: mapTexts(value.error, '', mask) }),
    choices: choices.map((choice) => {
      const mapped = mapChoice(choice, mask)
      return isRecord(mapped) && 'logprobs' in mapped ? { ...mapped, logprobs: null } : mapped
    }),
  })
}

const MASK = '█'
const mask = (text: string) => MASK.repeat(text.length)

type Change = (text: string, path: string) => string

/** The fields in which a choice speaks; `message` and `text` are those of upstreams that send more than OpenAI does. */
const SPEAKING = ['delta', 'message', 'text'] as const

function mapChoice(choice: unknown, change: Change): unknown {
  if (!isRecord(choice)) return mapTexts(choice, 'choice', change)
  const mapped = { ...choice }
  let silent = true
  for (const field of SPEAKING) {
    if (!(field in choice)) continue
    mapped[field] = mapTexts(choice[field], field, (text, path) => {
      silent = false
      return change(text, path)
    })
  }
  // The tokens beside a text are that text once more. Alone they are text to come: half a character is sent so.
  const tokens = silent ? tokensOf(choice.logprobs) : ''
  if (tokens !== '') change(tokens, 'logprobs')
  return mapped
}

function tokensOf(logprobs: unknown): string {
  if (!isRecord(logprobs)) return ''
  return [logprobs.content, logprobs.refusal]
    .flat()
    .map((one) => (isRecord(one) && typeof one.token === 'string' ? one.token : ''))
    .join('')
}

/** Fields of a delta whose value is no text: names of kinds, ids, and what is encoded. */
const NO_TEXT: ReadonlySet<string> = new Set(['role', 'id', 'type', 'format', 'signature', 'data'])

/** The same value with all its texts changed; empty ones are none. */
function mapTexts(value: unknown, path: string, change: Change): unknown {
  if (typeof value === 'string') return value === '' ? value : change(value, path)
  if (Array.isArray(value)) {
    return value.map((one, position) => mapTexts(one, `${path}.${indexOf(one) ?? position}`, change))
  }
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      NO_TEXT.has(name) ? member : mapTexts(member, `${path}.${name}`, change),
    ]),
  )
}

/** A tool call's pieces go on by its own index, not by their place in the chunk. */
const indexOf = (value: unknown) =>
  isRecord(value) && typeof value.index === 'number' ? value.index : undefined

function parse(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}
