/** Server-sent event → its meaning in a streamed response. `unknown` in, a closed union out. */
import { ownError } from '../../errors.ts'
import { errorIn, toWireError } from '../../protocol/error-envelope.ts'
import type { SseEvent } from '../../protocol/event-reader.ts'
import { isRecord } from '../../protocol/json.ts'
import type { WireError } from '../../protocol/wire.ts'

export type EventMeaning =
  | { kind: 'chunk' | 'done' | 'ignored' | 'invalid' }
  | { kind: 'error'; error: WireError }

/** The states of a response that has not ended. */
const GOES_ON = new Set(['created', 'queued', 'in_progress'])

/**
 * The end is told by the response's status, not by the event's name: some upstreams call every end
 * `response.completed`. Errors come nested or flat, and before or in place of `response.failed`.
 *
 * @param value the event's data, parsed; `undefined`: it is not JSON
 */
export function readEvent({ data, event }: SseEvent, value: unknown): EventMeaning {
  // Some upstreams end with it, after the response's own end. Alone it ends a cut-off answer.
  if (data.trim() === '[DONE]') return { kind: 'error', error: ownError('upstream_truncated') }
  if (value === undefined && event !== 'error') {
    const isAnswers = event === undefined || event === 'message' || event.startsWith('response.')
    return { kind: isAnswers ? 'invalid' : 'ignored' }
  }
  const { type, response, ...members } = isRecord(value) ? value : {}
  const error = errorIn(members)
  if (type === 'error' || event === 'error' || error !== undefined) {
    return { kind: 'error', error: toWireError(error ?? (isRecord(value) ? members : data)) }
  }
  const name = typeof type === 'string' && type.startsWith('response.') ? type.slice('response.'.length) : ''
  if (name === '') return { kind: 'ignored' }
  if (!isRecord(response)) return { kind: 'chunk' }
  const status = typeof response.status === 'string' ? response.status : name
  if (GOES_ON.has(status)) return { kind: 'chunk' }
  return status === 'failed' ? { kind: 'error', error: toWireError(response.error) } : { kind: 'done' }
}
