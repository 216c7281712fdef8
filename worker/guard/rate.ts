/** What a caller may take: tokens in a day, calls at once, calls in a burst. */
import type { Config } from '../config.ts'
import { ApiError, type ErrorCode } from '../errors.ts'
import { BURST_PERIOD_MS } from '../limits.ts'
import type { Caller } from './caller.ts'
import { type RateState, rateHeaders, retryHeaders } from './rate-headers.ts'

export interface Limits {
  /** `undefined`: none. */
  tokensPerDay: number | undefined
  concurrency: number | undefined
  /** Whether the deployment has a limit, too. */
  sliced: boolean
}

/** @returns `undefined` where nothing limits this caller: the demo costs nothing, and a key may be given without a budget */
export function limitsFor(caller: Caller, { budgets }: Pick<Config, 'budgets'>): Limits | undefined {
  if (caller === 'demo') return undefined
  const visitor = caller.startsWith('visitor:')
  const limits = {
    tokensPerDay: visitor ? budgets.visitorTokens : caller.startsWith('key:') ? budgets.keyTokens : undefined,
    concurrency: visitor ? budgets.visitorCalls : undefined,
    sliced: budgets.totalTokens !== undefined,
  }
  return limits.tokensPerDay === undefined && limits.concurrency === undefined && !limits.sliced
    ? undefined
    : limits
}

/** Which limit, how much of it there is, and when it is worth asking again. */
export interface Excess {
  refusal: {
    limit: 'tokens_per_day' | 'concurrency' | 'total_tokens_per_day'
    allowed: number
    left: number
    needed: number
    resetsAt: number | undefined
    retryAfterMs: number
  }
  standing: RateState
}

export function excessError({ refusal, standing }: Excess, now: number): ApiError {
  const { limit, allowed, left, needed, resetsAt, retryAfterMs } = refusal
  const reset = resetsAt === undefined ? '' : ` It resets at ${new Date(resetsAt).toISOString()}.`
  const message =
    limit === 'concurrency'
      ? `You have ${allowed} calls running, which is the most at once.`
      : `${limit === 'tokens_per_day' ? 'Your' : "This server's"} limit is ${allowed} tokens a day: ${left} are left, and this call may take ${needed}.${reset}`
  return new ApiError(CODES[limit], {
    message,
    headers: { ...rateHeaders(standing, now), ...retryHeaders(retryAfterMs) },
  })
}

const CODES: Record<Excess['refusal']['limit'], ErrorCode> = {
  tokens_per_day: 'budget_exceeded',
  total_tokens_per_day: 'total_budget_exceeded',
  concurrency: 'too_many_calls',
}

/** The rate limit binding: counts at each of Cloudflare's locations for itself, so it is for bursts alone. */
export interface BurstLimit {
  limit(options: { key: string }): Promise<{ success: boolean }>
}

/** @param names of who asks, in any sense: each may ask so often. @returns an error for who asks too fast */
export async function checkBurst(
  limit: BurstLimit | undefined,
  names: readonly string[],
): Promise<ApiError | undefined> {
  if (limit === undefined) return undefined
  const outcomes = await Promise.all(names.map((key) => limit.limit({ key })))
  if (outcomes.every(({ success }) => success)) return undefined
  return new ApiError('too_fast', { headers: retryHeaders(BURST_PERIOD_MS) })
}
