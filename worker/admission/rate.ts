/**
 * A refusal by the ledger as an error for the caller: which limit, how much of it is left, and when to ask
 * again.
 */
import { ApiError } from '../errors.ts'
import { type RateState, rateHeaders, retryHeaders } from './rate-headers.ts'

export interface RateRefusal {
  /** `total_tokens_per_day` is the deployment's. */
  limit: 'tokens_per_day' | 'concurrency' | 'total_tokens_per_day'
  /** The limit, what is left of it, and what the call needs: tokens, or calls at once. */
  allowed: number
  left: number
  needed: number
  resetsAt: number | undefined
  retryAfterMs: number
}

export function rateError(refusal: RateRefusal, state: RateState, now: number): ApiError {
  return new ApiError(`${refusal.limit}_exceeded`, {
    message: messageOf(refusal, now),
    headers: { ...rateHeaders(state, now), ...retryHeaders(refusal.retryAfterMs) },
  })
}

function messageOf(
  { limit, allowed, left, needed, resetsAt, retryAfterMs }: RateRefusal,
  now: number,
): string {
  if (limit === 'concurrency') {
    return `${allowed} ${allowed === 1 ? 'call' : 'calls'} at once are the most: ask again when one has ended.`
  }
  const whose = limit === 'tokens_per_day' ? 'your' : "this deployment's"
  const needs = `This call may take ${format(needed)} tokens`
  if (needed > allowed) return `${needs}, more than ${whose} ${format(allowed)} for a day: ask for less.`
  const rest = `${needs}; of ${whose} ${format(allowed)} for today ${format(left)} are left`
  if (resetsAt === undefined) return `${rest}.`
  const sooner = now + retryAfterMs < resetsAt ? ' Some may be free sooner.' : ''
  return `${rest}, until ${new Date(resetsAt).toISOString().slice(0, 19)}Z.${sooner}`
}

const format = (tokens: number) => tokens.toLocaleString('en-US')
