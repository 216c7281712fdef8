/** What a caller may spend: its ledger, and for more than its slice the deployment's total. */

import type { Sql } from '../objects/sql.ts'
import { isTokenCount } from '../tokens/token-count.ts'
import { type Ask, createLedger } from './ledger.ts'
import { type Allotting, createReserve, type Decision } from './reserve.ts'
import type { Limits, Standing } from './standing.ts'

export interface Budget {
  reserve(ask: Ask, limits: Limits): Promise<Decision>
  /** @param used tokens in all; without a count, the estimate. @returns whether there was anything to settle */
  settle(id: string, used: number | undefined): boolean
  /** Of a call that nothing was put aside for. What is no count is not charged. */
  charge(id: string, used: number): void
  usage(limits: Limits): Standing
  /** When `tend` has something to do; `undefined`: nothing is stored. */
  dueAt(): number | undefined
  /** Settles what nobody has, gives back what isn't used, and forgets the days that are over. */
  tend(): Promise<void>
}

const NO_LIMITS: Limits = { tokensPerDay: undefined, concurrency: undefined, sliced: false }

export function createBudget(sql: Sql, total: Allotting, now: () => number): Budget {
  const ledger = createLedger(sql)
  return {
    reserve: createReserve(ledger, total, now),
    settle: (id, used) => ledger.settle(id, used, now()),
    charge(id, used) {
      if (!isTokenCount(used)) return
      ledger.reserve({ id, prompt: used, output: 0, expiresAt: now() }, NO_LIMITS, now())
      ledger.settle(id, used, now())
    },
    usage: (limits) => ledger.usage(limits, now()),
    dueAt: () => ledger.dueAt(now()),
    async tend() {
      const { request } = ledger.tend(now())
      // Lost, it is said again at the next alarm.
      if (request !== undefined) await total.allot(request).then(ledger.take, () => {})
    },
  }
}
