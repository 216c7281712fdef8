/** What a caller has used and what is left to it, and whether one more call fits. Pure; the rows are ledger.ts's. */
import { RUNNING_RETRY_MS } from '../limits.ts'
import { dayOf, endOfDay } from './day.ts'

export interface Limits {
  /** `undefined`: none. */
  tokensPerDay: number | undefined
  concurrency: number | undefined
  /** Whether the deployment has a limit too, of which this caller has to hold a slice. */
  sliced: boolean
}

/** What is used and what is left. */
export interface Standing {
  used: number
  /** For calls that are running. */
  reserved: number
  left: number | undefined
  limit: number | undefined
  running: number
  concurrency: number | undefined
  resetsAt: number
}

export interface Refusal {
  /** `total_tokens_per_day` is the deployment's. */
  limit: 'tokens_per_day' | 'concurrency' | 'total_tokens_per_day'
  /** The limit, what is left of it, and what the call needs: tokens, or calls at once. */
  allowed: number
  left: number
  needed: number
  /** When the limit begins anew; `undefined` of concurrency, which does so with the end of any call. */
  resetsAt: number | undefined
  /** When it is worth asking again. Sooner than the reset, where what others leave of their reservations would do. */
  retryAfterMs: number
}

/** What a day's rows come to. */
export interface Sums {
  used: number
  reserved: number
  /** Used and reserved. */
  spent: number
  /** What is spent if the running calls end now. */
  certain: number
  /** Of any day. */
  running: number
}

export function standingOf(
  { tokensPerDay: limit, concurrency }: Limits,
  { used, reserved, spent, running }: Sums,
  now: number,
): Standing {
  const left = limit === undefined ? undefined : Math.max(0, limit - spent)
  return { used, reserved, left, limit, running, concurrency, resetsAt: endOfDay(dayOf(now)) }
}

/**
 * By the caller's own limits. The tokens come first: where both are used up, they are what it waits for.
 * @param needed the tokens of one more call
 */
export function refusalOf(
  needed: number,
  { tokensPerDay, concurrency }: Limits,
  { spent, certain, running }: Sums,
  now: number,
): Refusal | undefined {
  if (tokensPerDay !== undefined && spent + needed > tokensPerDay) {
    const resetsAt = endOfDay(dayOf(now))
    const wait = resetsAt - now
    return {
      limit: 'tokens_per_day',
      allowed: tokensPerDay,
      left: Math.max(0, tokensPerDay - spent),
      needed,
      resetsAt,
      retryAfterMs: certain + needed <= tokensPerDay ? Math.min(RUNNING_RETRY_MS, wait) : wait,
    }
  }
  if (concurrency !== undefined && running >= concurrency) {
    return {
      limit: 'concurrency',
      allowed: concurrency,
      left: 0,
      needed: 1,
      resetsAt: undefined,
      retryAfterMs: RUNNING_RETRY_MS,
    }
  }
  return undefined
}
