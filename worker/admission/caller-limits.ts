/** The limits that the configuration sets for a caller: tokens in a day, and calls at once. */
import type { CallerLimits } from '../budget/budget-state.ts'
import type { Config } from '../config/config.ts'
import { type CallerId, isVisitor } from '../http/caller.ts'

/**
 * @returns `undefined` if nothing limits this caller: the demo costs nothing, and a key can have no budget
 */
export function limitsFor(caller: CallerId, { budgets }: Pick<Config, 'budgets'>): CallerLimits | undefined {
  if (caller === 'demo') return undefined
  const visitor = isVisitor(caller)
  const limits = {
    tokensPerDay: visitor ? budgets.visitorTokens : caller.startsWith('key:') ? budgets.keyTokens : undefined,
    concurrency: visitor ? budgets.visitorCalls : undefined,
    sliced: budgets.totalTokens !== undefined,
  }
  return limits.tokensPerDay === undefined && limits.concurrency === undefined && !limits.sliced
    ? undefined
    : limits
}
