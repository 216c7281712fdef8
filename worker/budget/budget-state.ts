/** How a caller's budget stands, and whether one more call fits. Pure: the rows are ledger.ts's. */
import { RUNNING_RETRY_MS } from '../limits.ts'
import { dayOf, endOfDay } from './day.ts'

export interface CallerLimits {
  /** `undefined`: none. */
  tokensPerDay: number | undefined
  /** Calls at once; `undefined`: any number. */
  concurrency: number | undefined
  /** Whether the deployment has a daily limit too, of which this caller has to hold a slice. */
  sliced: boolean
}

/** What is used today and what is left. */
export interface BudgetState {
  used: number
  /** For calls that are running. */
  reserved: number
  left: number | undefined
  limit: number | undefined
  running: number
  concurrency: number | undefined
  resetsAt: number
}

export interface BudgetRefusal {
  /** `total_tokens_per_day` is the deployment's. */
  limit: 'tokens_per_day' | 'concurrency' | 'total_tokens_per_day'
  /** The limit, what is left of it, and what the call needs: tokens, or calls at once. */
  allowed: number
  left: number
  needed: number
  /** When the limit starts again; `undefined` for concurrency, where the end of any call makes room. */
  resetsAt: number | undefined
  /** When it is worth asking again: before the reset, if running calls may leave enough unused. */
  retryAfterMs: number
}

/** What a day's rows add up to. */
export interface Sums {
  used: number
  reserved: number
  /** Used and reserved. */
  spent: number
  /** What is spent if the running calls end now. */
  certain: number
  /** Calls of any day. */
  running: number
}

export function stateOf(
  { tokensPerDay: limit, concurrency }: CallerLimits,
  { used, reserved, spent, running }: Sums,
  now: number,
): BudgetState {
  const left = limit === undefined ? undefined : Math.max(0, limit - spent)
  return { used, reserved, left, limit, running, concurrency, resetsAt: endOfDay(dayOf(now)) }
}

/**
 * Refuses by the caller's own limits. Tokens come first: if both limits are reached, the caller waits for
 * tokens.
 * @param needed the tokens of one more call
 */
export function refusalOf(
  needed: number,
  { tokensPerDay, concurrency }: CallerLimits,
  { spent, certain, running }: Sums,
  now: number,
): BudgetRefusal | undefined {
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
