/**
 * The rate limit headers of an answer, with OpenAI's names and format, so that programs made for those can
 * read these. Source: OpenAI's guide on rate limits, "Rate limits in headers".
 *
 * @example
 *   x-ratelimit-limit-tokens: 20000
 *   x-ratelimit-remaining-tokens: 18720
 *   x-ratelimit-reset-tokens: 11h2m0s
 */
import type { BudgetState } from '../budget/budget-state.ts'
import type { ApiError } from '../errors.ts'
import { MAX_OBEYED_WAIT_MS, RUNNING_RETRY_MS } from '../limits.ts'

/** How a caller's limits stand. A limit that is `undefined` doesn't exist, and has no headers. */
type Rates = Omit<BudgetState, 'used' | 'reserved'>

/** For every answer. "Requests" are the calls at once: there is no other limit of requests. */
export function rateHeaders({ limit, left, resetsAt, running, concurrency }: Rates, now: number) {
  const headers: Record<string, string> = {}
  if (limit !== undefined) {
    headers['x-ratelimit-limit-tokens'] = String(limit)
    headers['x-ratelimit-remaining-tokens'] = String(left ?? limit)
    headers['x-ratelimit-reset-tokens'] = formatDuration(resetsAt - now)
  }
  if (concurrency !== undefined) {
    headers['x-ratelimit-limit-requests'] = String(concurrency)
    headers['x-ratelimit-remaining-requests'] = String(Math.max(0, concurrency - running))
    // A place is free when a call ends, which can't be predicted.
    headers['x-ratelimit-reset-requests'] = formatDuration(running > 0 ? RUNNING_RETRY_MS : 0)
  }
  return headers
}

/**
 * For a refusal, beside the headers of every answer. OpenAI's SDK obeys them: it waits as long as they say,
 * or doesn't try again.
 */
export function retryHeaders(retryAfterMs: number) {
  // Told to wait 0 ms, a client would ask again in a loop.
  const ms = Math.max(1, Math.ceil(retryAfterMs))
  return {
    'retry-after': String(Math.ceil(ms / 1000)),
    'retry-after-ms': String(ms),
    'x-should-retry': String(ms <= MAX_OBEYED_WAIT_MS),
  }
}

/**
 * The upstream's headers, with the caller's limits in place of the upstream's, which are the owner's.
 *
 * @param rates `undefined`: only the upstream limits this caller
 */
export function ownRates(
  headers: Record<string, string>,
  rates: Record<string, string> | undefined,
): Record<string, string> {
  if (rates === undefined) return headers
  const others = Object.entries(headers).filter(([name]) => !name.startsWith('x-ratelimit-'))
  return { ...Object.fromEntries(others), ...rates }
}

/** The same for a refusal. */
export function withRates(error: ApiError, rates: Record<string, string> | undefined): ApiError {
  return error.withHeaders(ownRates(error.headers, rates))
}

/**
 * In the format of OpenAI's headers, which is Go's for durations: `0s`, `20ms`, `1.5s`, `6m0s`, `11h2m0s`.
 */
export function formatDuration(ms: number): string {
  const whole = Math.max(0, Math.ceil(ms))
  if (whole > 0 && whole < 1000) return `${whole}ms`
  const minutes = Math.floor(whole / 60_000)
  const hours = Math.floor(minutes / 60)
  const seconds = `${(whole % 60_000) / 1000}s`
  if (hours > 0) return `${hours}h${minutes % 60}m${seconds}`
  return minutes > 0 ? `${minutes}m${seconds}` : seconds
}
