/** Server-sent event → what it means in an answer. `unknown` in, a closed union out. */

import type { SseEvent } from '../../protocol/decode.ts'
import { type ChatChunk, DONE, type WireError } from '../../protocol/wire.ts'

export type AnswerEvent =
  | { kind: 'chunk'; chunk: ChatChunk }
  | { kind: 'error'; error: WireError }
  | { kind: 'done' }
  | { kind: 'garbage' }

/**
 * Reads one event of a streamed chat completion. Upstreams report an error in mid-stream in three
 * forms, all of them `error` here: `data: {"error": …}`, a named `event: error`, and an `error`
 * inside an ordinary chunk.
 */
export function readEvent({ data, event }: SseEvent): AnswerEvent {
  if (data === DONE) return { kind: 'done' }
  let value: unknown
  try {
    value = JSON.parse(data)
  } catch {
    return event === 'error' ? { kind: 'error', error: toWireError(data) } : { kind: 'garbage' }
  }
  if (!isRecord(value)) return { kind: 'garbage' }
  if (value.error != null) return { kind: 'error', error: toWireError(value.error) }
  if (event === 'error') return { kind: 'error', error: toWireError(value) }
  if (!Array.isArray(value.choices)) return { kind: 'garbage' }
  return { kind: 'chunk', chunk: value as ChatChunk }
}

/** An error as an upstream wrote it, in the envelope's four fields. */
export function toWireError(value: unknown): WireError {
  const fields = isRecord(value) ? value : { message: value }
  const text = (field: unknown) => (field == null ? null : String(field))
  return {
    message: text(fields.message) || 'The upstream failed without saying why.',
    type: text(fields.type) ?? 'server_error',
    param: text(fields.param),
    code: text(fields.code),
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
