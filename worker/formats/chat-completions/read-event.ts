/** Server-sent event → its meaning in a streamed chat completion. `unknown` in, a closed union out. */
import { errorIn, toWireError } from '../../protocol/error-envelope.ts'
import type { SseEvent } from '../../protocol/event-reader.ts'
import { isRecord, parseJson } from '../../protocol/json.ts'
import type { WireError } from '../../protocol/wire.ts'
import { type ChatChunk, DONE } from './wire.ts'

export type EventMeaning =
  | { kind: 'chunk'; chunk: ChatChunk }
  /**
   * `chunk` is present if the error came inside an ordinary chunk, whose delta is still part of the answer.
   */
  | { kind: 'error'; error: WireError; chunk?: ChatChunk }
  | { kind: 'done' }
  /** Not part of the answer: a ping, `null`, a named event. Its usage is still counted. */
  | { kind: 'ignored'; value: unknown }
  /** An ordinary event that is not JSON. */
  | { kind: 'invalid'; data: string }

/**
 * Upstreams report an error in mid-stream in three forms, all of them `error` here: `data: {"error": …}`, a
 * named `event: error`, and an `error` inside an ordinary chunk.
 *
 * @param unsaid the message of an error that has none
 * @example
 *   readEvent({ data: '[DONE]' }) // { kind: 'done' }
 */
export function readEvent({ data, event }: SseEvent, unsaid?: string): EventMeaning {
  if (data.trim() === DONE) return { kind: 'done' }
  const named = event !== undefined && event !== 'message'
  const value = parseJson(data)
  if (event === 'error') {
    return { kind: 'error', error: toWireError(isRecord(value) ? (errorIn(value) ?? value) : data, unsaid) }
  }
  if (value === undefined) return named ? { kind: 'ignored', value } : { kind: 'invalid', data }
  if (!isRecord(value)) return { kind: 'ignored', value }
  const chunk = Array.isArray(value.choices) ? (value as ChatChunk) : undefined
  const error = errorIn(value)
  if (error !== undefined) {
    const wire = toWireError(error, unsaid)
    return chunk ? { kind: 'error', error: wire, chunk } : { kind: 'error', error: wire }
  }
  return chunk ? { kind: 'chunk', chunk } : { kind: 'ignored', value }
}
