/** Whether a call that failed before its answer began is made again, and when. Pure. */
import { MAX_RETRIES, MAX_RETRY_WAIT_MS, RETRY_BASE_MS } from '../limits.ts'
import { retryAfter } from '../protocol/retry-after.ts'

/** What is known of a failed attempt. */
export interface Failure {
  /** The upstream's status, or `unreachable`: refused, reset, or gone before its status. */
  status: number | 'unreachable'
  headers: Pick<Headers, 'get'>
  /** The error's own code, such as `insufficient_quota`. */
  code: string | null
}

const RETRIED: readonly (number | 'unreachable')[] = ['unreachable', 429, 500, 502, 503, 504]

/**
 * @param retries how many were already made
 * @param random a number from 0 to 1
 * @returns milliseconds to wait before the next attempt, or `undefined` to give up
 */
export function retryDelay(
  failure: Failure,
  retries: number,
  random: number,
  now: number,
): number | undefined {
  if (retries >= MAX_RETRIES || !RETRIED.includes(failure.status)) return undefined
  if (failure.headers.get('x-should-retry') === 'false') return undefined
  // A spent quota is a 429 too, but waiting doesn't help.
  if (failure.code === 'insufficient_quota') return undefined
  const asked = retryAfter(failure.headers, now)
  if (asked !== undefined) return asked <= MAX_RETRY_WAIT_MS ? asked : undefined
  return RETRY_BASE_MS * 2 ** retries * (0.75 + random / 2)
}
