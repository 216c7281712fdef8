/** What a request about a durable stream names: where to go on, and which request it is. */
import { ApiError } from '../errors.ts'
import { IDEMPOTENCY_KEY, LAST_EVENT_ID } from '../protocol/wire.ts'

/** 15 digits are exact as a number, and more than any stream has events. */
const EVENT_NUMBER = /^\d{1,15}$/

/** The number of the last event that the reader has: `Last-Event-ID`, or `?after=`; 0 without both. */
export function readCursor(request: Request): number | ApiError {
  // A stock EventSource goes on at its own place, also where its address names another one.
  const text = request.headers.get(LAST_EVENT_ID) ?? new URL(request.url).searchParams.get('after') ?? '0'
  return EVENT_NUMBER.test(text) ? Number(text) : new ApiError('invalid_cursor', { param: 'after' })
}

export function readIdempotencyKey(request: Request): string | undefined | ApiError {
  const key = request.headers.get(IDEMPOTENCY_KEY)
  if (key === null) return undefined
  return /^[\x21-\x7e]{1,255}$/.test(key)
    ? key
    : new ApiError('invalid_idempotency_key', { param: IDEMPOTENCY_KEY })
}
