/** What the headers of a request about a durable stream name: where to go on, and which request it is. */
import { ApiError } from '../errors.ts'
import { IDEMPOTENCY_KEY, LAST_EVENT_ID } from '../protocol/wire.ts'

/** A number of 15 digits is exact, and above the number of any stream's events. */
const EVENT_NUMBER = /^\d{1,15}$/

/** The number of the last event that the reader has: `Last-Event-ID`, or `?after=`; 0 without both. */
export function readCursor(request: Request): number | ApiError {
  // A stock EventSource sends its own place, while its address still names the first one.
  const text = request.headers.get(LAST_EVENT_ID) ?? new URL(request.url).searchParams.get('after') ?? '0'
  return EVENT_NUMBER.test(text) ? Number(text) : new ApiError('invalid_cursor', { param: 'after' })
}

/**
 * The same by the Responses API's names: events are counted from 0, and `?starting_after=` is the number of
 * the last one that the reader has.
 */
export function readSequenceNumber(request: Request): number | ApiError {
  const text = new URL(request.url).searchParams.get('starting_after')
  if (text === null) return readCursor(request)
  return EVENT_NUMBER.test(text)
    ? Number(text) + 1
    : new ApiError('invalid_cursor', { param: 'starting_after' })
}

export function readIdempotencyKey(request: Request): string | undefined | ApiError {
  const key = request.headers.get(IDEMPOTENCY_KEY)
  if (key === null) return undefined
  return /^[\x21-\x7e]{1,255}$/.test(key)
    ? key
    : new ApiError('invalid_idempotency_key', { param: IDEMPOTENCY_KEY })
}
