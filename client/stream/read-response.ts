/**
 * The Responses API as a format of durable streams. Its events become the chunks that the other format has,
 * so that callers read one kind of chunk from both.
 */
import type { Delta } from '../../worker/formats/chat-completions/wire.ts'
import { usageIn } from '../../worker/formats/responses/usage.ts'
import { errorIn, toWireError } from '../../worker/protocol/error-envelope.ts'
import { isRecord, parseJson } from '../../worker/protocol/json.ts'
import type { Addendum, WireError } from '../../worker/protocol/wire.ts'
import type { SseEvent } from './decode.ts'
import { UNSAID } from './refusal.ts'
import type { AnswerChunk, Meaning, Progress, Source, StreamFormat } from './stream-format.ts'

export const RESPONSES: StreamFormat = {
  durable: { stream: true, background: true },
  follow: (url, after) => ({
    // Numbers of events begin at 1 here, and sequence numbers at 0.
    url: `${url}?stream=true${after > 0 ? `&starting_after=${after - 1}` : ''}`,
  }),
  stop: (url) => ({ url: `${url}/cancel`, method: 'POST' }),
  createReader,
}

type Members = Readonly<Record<string, unknown>>

/** Between the texts of two messages, such as what is said before a search and the answer after it. */
const BETWEEN_PARTS = '\n\n'

/** A text of the answer, as it is sent. */
interface Part {
  /** Where it begins in the content. */
  start: number
  text: string
}

/** The states of a response that has not ended. */
const GOES_ON = ['queued', 'in_progress']

/** The tools that the server runs. */
const KINDS: Readonly<Record<string, Progress['kind']>> = {
  file_search_call: 'documents',
  web_search_call: 'web',
  code_interpreter_call: 'other',
  image_generation_call: 'other',
  mcp_call: 'other',
}

/** A call of a tool of the caller's own. */
interface Call {
  index: number
  /** The arguments, as they are sent. */
  json: string
}

function createReader(): (event: SseEvent) => Meaning {
  let head = { id: '', object: 'chat.completion.chunk', created: 0, model: '' }
  /** How long the content is. */
  let length = 0
  const parts = new Map<string, Part>()
  /** Calls of the caller's own tools, by their place. */
  const calls = new Map<unknown, Call>()
  /** The query that was told last, by the tool's place. */
  const told = new Map<unknown, string>()
  /** An error that was reported. The end that follows it says what is taken back. */
  let reported: WireError | undefined

  const chunkOf = (members: Partial<AnswerChunk>): AnswerChunk => ({ ...head, choices: [], ...members })
  const said = (delta: Delta): Meaning => ({
    kind: 'chunk',
    chunk: chunkOf({ choices: [{ index: 0, delta, finish_reason: null }] }),
  })

  function partOf({ output_index, content_index }: Members): Part {
    const key = `${output_index} ${content_index}`
    const part = parts.get(key) ?? { start: length, text: '' }
    parts.set(key, part)
    return part
  }

  function readText(event: Members, delta: string): Meaning {
    const part = partOf(event)
    const isLater = part.text === '' && length > 0
    if (isLater) part.start = length + BETWEEN_PARTS.length
    part.text += delta
    length = part.start + part.text.length
    return said({ content: isLater ? BETWEEN_PARTS + delta : delta })
  }

  function readSource(event: Members): Meaning {
    const source = isRecord(event.annotation) ? sourceOf(event.annotation, partOf(event)) : undefined
    return source ? { kind: 'chunk', chunk: chunkOf({ sources: [source] }) } : { kind: 'ignored' }
  }

  /** In the form of Chat Completions: the first piece of a call names it, the others are its arguments. */
  const called = (piece: object): Meaning => said({ tool_calls: [piece] })

  function readCall(place: unknown, { call_id: id, name, arguments: json }: Members): Meaning {
    const given = typeof json === 'string' ? json : ''
    const call = calls.get(place)
    if (call !== undefined) return readArguments(place, given.slice(call.json.length))
    const index = calls.size
    calls.set(place, { index, json: given })
    return called({ index, id, type: 'function', function: { name, arguments: given } })
  }

  function readArguments(place: unknown, more: string): Meaning {
    const call = calls.get(place)
    if (call === undefined || more === '') return { kind: 'ignored' }
    call.json += more
    return called({ index: call.index, function: { arguments: more } })
  }

  function readItem({ item, output_index }: Members): Meaning {
    if (isRecord(item) && item.type === 'function_call') return readCall(output_index, item)
    const kind = isRecord(item) ? KINDS[String(item.type)] : undefined
    if (kind === undefined || !isRecord(item)) return { kind: 'ignored' }
    const query = queryOf(item)
    if (told.get(output_index) === query) return { kind: 'ignored' }
    told.set(output_index, query)
    return { kind: 'chunk', chunk: chunkOf({ progress: { kind, ...(query !== '' && { query }) } }) }
  }

  /** An event with the whole response: its beginning, or its end. */
  function readLife(response: Members, millrace: unknown): Meaning {
    const { id, created_at: created, model, status, incomplete_details: cut } = response
    head = { ...head, id: String(id ?? ''), created: Number(created ?? 0), model: String(model ?? '') }
    if (GOES_ON.includes(String(status))) return { kind: 'ignored' }
    const reason = isRecord(cut) ? cut.reason : undefined
    const whole = calls.size > 0 ? 'tool_calls' : 'stop'
    const finish_reason =
      reason === 'max_output_tokens' ? 'length' : typeof reason === 'string' ? reason : whole
    const chunk = chunkOf({
      choices: [{ index: 0, delta: {}, finish_reason }],
      usage: usageIn(response) ?? null,
      millrace: addendumOf(millrace, status),
    })
    if (status !== 'failed' && reported === undefined) return { kind: 'done', chunk }
    return { kind: 'error', error: reported ?? toWireError(response.error, UNSAID), chunk }
  }

  function addendumOf(value: unknown, status: unknown): Addendum {
    const { retract, ...millrace }: Addendum = isRecord(value) ? value : {}
    const chars = retract?.[0]
    return {
      ...(status === 'cancelled' && { state: 'stopped' as const }),
      ...millrace,
      ...(chars !== undefined && { retract: { 0: withSeparators(chars) } }),
    }
  }

  /** The server doesn't count what stands between the parts. */
  function withSeparators(chars: number): number {
    let left = chars
    let counted = 0
    for (const { start, text } of [...parts.values()].toReversed()) {
      if (left <= text.length) return counted + left
      left -= text.length
      counted += text.length + (start > 0 ? BETWEEN_PARTS.length : 0)
    }
    return counted + left
  }

  return function read({ event: name, data }) {
    const event = parseJson(data)
    if (!isRecord(event)) return data.trim() === '[DONE]' ? { kind: 'ignored' } : { kind: 'invalid', data }
    const { type, delta, response } = event
    const text = typeof delta === 'string' ? delta : ''
    if (type === 'error' || name === 'error') {
      const { type: _, ...members } = event
      reported = toWireError(errorIn(members) ?? members, UNSAID)
      return { kind: 'ignored' }
    }
    if (isRecord(response)) return readLife(response, event.millrace)
    switch (type) {
      case 'response.output_text.delta':
        return text === '' ? { kind: 'ignored' } : readText(event, text)
      case 'response.refusal.delta':
        return said({ refusal: text })
      case 'response.reasoning_text.delta':
      case 'response.reasoning_summary_text.delta':
        return said({ reasoning_content: text })
      case 'response.output_text.annotation.added':
        return readSource(event)
      case 'response.function_call_arguments.delta':
        return readArguments(event.output_index, text)
      case 'response.output_item.added':
      case 'response.output_item.done':
        return readItem(event)
    }
    return { kind: 'ignored' }
  }
}

function queryOf({ action, queries }: Members): string {
  const first = Array.isArray(queries) ? queries[0] : undefined
  const query = isRecord(action) ? (action.query ?? action.url) : first
  return typeof query === 'string' ? query : ''
}

function sourceOf(annotation: Members, { start, text }: Part): Source | undefined {
  const { type, filename, url, title, index, start_index, end_index } = annotation
  const at = (place: unknown) => start + inUtf16(text, Number.isSafeInteger(place) ? Number(place) : 0)
  if (type === 'url_citation' && typeof url === 'string') {
    const named = typeof title === 'string' && title.trim() !== '' ? title : url
    return { title: named, url, start: at(start_index), end: at(end_index) }
  }
  if (type === 'file_citation' && typeof filename === 'string') {
    return { title: filename, start: at(index), end: at(index) }
  }
  return undefined
}

/** OpenAI counts code points. They differ from UTF-16 in a text with emoji. */
function inUtf16(text: string, codePoints: number): number {
  if (!/[\ud800-\udbff]/.test(text)) return codePoints
  let at = 0
  for (let left = codePoints; left > 0 && at < text.length; left--) {
    at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
  }
  return at
}
