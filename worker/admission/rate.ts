/**
 * A refusal by the ledger as an error for the caller: which limit, how much of it is left, and when to ask
 * again.
 */
import type { BudgetRefusal, BudgetState } from '../budget/budget-state.ts'
import { ApiError } from '../errors.ts'
import { rateHeaders, retryHeaders } from './rate-headers.ts'

export function rateError(refusal: BudgetRefusal, state: BudgetState, now: number): ApiError {
  return new ApiError(`${refusal.limit}_exceeded`, {
    message: messageOf(refusal, now),
    headers: { ...rateHeaders(state, now), ...retryHeaders(refusal.retryAfterMs) },
  })
}

function messageOf(
  { limit, allowed, left, needed, resetsAt, retryAfterMs }: BudgetRefusal,
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
