/** Whether a call that failed before its first byte is made again, and when. Pure. */
import { MAX_RETRIES, MAX_RETRY_WAIT_MS, RETRY_BASE_MS } from '../limits.ts'

/** What is known of a failed attempt. */
export interface Failure {
  /** The upstream's status, or `unreachable`: refused, reset, or gone before its first byte. */
  status: number | 'unreachable'
  /** The upstream's headers, lower case. */
  headers: Readonly<Record<string, string>>
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
  if (failure.headers['x-should-retry'] === 'false') return undefined
  // A spent quota is a 429 too, and no wait mends it.
  if (failure.code === 'insufficient_quota') return undefined
  const asked = retryAfter(failure.headers, now)
  if (asked !== undefined) return asked <= MAX_RETRY_WAIT_MS ? asked : undefined
  return RETRY_BASE_MS * 2 ** retries * (0.75 + random / 2)
}

/** `retry-after-ms`, or `retry-after` in seconds or as a date, in milliseconds from `now`. */
export function retryAfter(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const ms = Number.parseFloat(headers['retry-after-ms'] ?? '')
  if (ms >= 0) return ms
  const after = headers['retry-after']
  if (after === undefined) return undefined
  const seconds = Number(after)
  const wait = Number.isNaN(seconds) ? Date.parse(after) - now : seconds * 1000
  return Number.isNaN(wait) ? undefined : Math.max(0, wait)
}
