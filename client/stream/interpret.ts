/** Server-sent event → what it means in an answer. `unknown` in, a closed union out. */
import { type ChatChunk, DONE, type WireError } from '../../worker/protocol/wire.ts'
import type { SseEvent } from './decode.ts'

export type AnswerEvent =
  | { kind: 'chunk'; chunk: ChatChunk }
  /** `chunk` is there when the error came inside an ordinary chunk: its delta is still part of the answer. */
  | { kind: 'error'; error: WireError; chunk?: ChatChunk }
  | { kind: 'done' }
  /** Means nothing here: a named event of someone's own, or an object without `choices`. */
  | { kind: 'other' }
  /** An ordinary event that is not JSON. */
  | { kind: 'invalid'; data: string }

/**
 * Reads one event of a streamed chat completion. Upstreams report an error in mid-stream in three forms, all of
 * them `error` here: `data: {"error": …}`, a named `event: error`, and an `error` inside an ordinary chunk.
 *
 * @example
 *   interpret({ data: '[DONE]' }) // { kind: 'done' }
 */
export function interpret({ data, event }: SseEvent): AnswerEvent {
  if (data === DONE) return { kind: 'done' }
  const named = event !== undefined && event !== 'message'
  const value = parseJson(data)
  if (event === 'error')
    return { kind: 'error', error: toWireError(isRecord(value) ? (value.error ?? value) : data) }
  if (value === undefined) return named ? { kind: 'other' } : { kind: 'invalid', data }
  if (!isRecord(value)) return { kind: 'other' }
  const chunk = Array.isArray(value.choices) ? (value as ChatChunk) : undefined
  if (value.error != null) {
    const error = toWireError(value.error)
    return chunk ? { kind: 'error', error, chunk } : { kind: 'error', error }
  }
  return chunk ? { kind: 'chunk', chunk } : { kind: 'other' }
}

/** The error of OpenAI's envelope `{"error": {…}}`; `undefined` where the text is something else. */
export function readEnvelope(body: string): WireError | undefined {
  const value = parseJson(body)
  return isRecord(value) && value.error != null ? toWireError(value.error) : undefined
}

/** Some servers write `"error": "text"`, or a number as the code: all become the envelope's four fields. */
function toWireError(value: unknown): WireError {
  const fields = isRecord(value) ? value : { message: value }
  const text = (field: unknown) => (field == null ? null : String(field))
  return {
    message: text(fields.message) || 'The server failed without saying why.',
    type: text(fields.type) ?? 'server_error',
    param: text(fields.param),
    code: text(fields.code),
  }
}

/** `undefined` where the text is not JSON, which has no `undefined` of its own. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
