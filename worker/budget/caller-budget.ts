/**
 * What a caller may spend: its ledger, and for more than its slice the deployment's budget. A part of the
 * caller's object.
 */

import { inTime, LATE } from '../in-time.ts'
import { GRANT_MS, OBJECT_REPLY_MS } from '../limits.ts'
import type { Part } from '../objects/part.ts'
import { hasTable } from '../objects/schema.ts'
import type { Sql } from '../objects/sql.ts'
import { isTokenCount } from '../tokens/token-count.ts'
import type { BudgetState, CallerLimits } from './budget-state.ts'
import { createLedger, type Reservation, type ReservationResult } from './ledger.ts'
import { idleMsBy, nameLease, type Shortage, type SliceAnswer, type SliceRequest } from './slice.ts'

/** The deployment's budget, in this object or in another one. */
export interface SliceSource {
  grant(request: SliceRequest): Promise<SliceAnswer>
}

export interface CallerBudget extends Part {
  /**
   * Rejects if the deployment's budget can't be reached, or doesn't answer in time: without it no call that
   * costs money may be made.
   */
  reserve(reservation: Reservation, limits: CallerLimits): Promise<ReservationResult>
  progress(id: string, output: number): void
  /**
   * @param used tokens in all; without a count, the estimate is charged
   * @returns whether there was anything to settle
   */
  settle(id: string, used: number | undefined): boolean
  /** Charges a call whether or not tokens were reserved for it. What is no count is not charged. */
  charge(id: string, used: number): void
  usage(limits: CallerLimits): BudgetState
  /** The deployment is short of tokens: gives back what is neither used nor reserved. */
  giveBack(): Promise<void>
}

/**
 * A grant can be outdated when it comes: the day turned, or a running call outgrew its reservation. Three in
 * a row are a defect.
 */
const ATTEMPTS = 3

/** Rejects if the deployment's object hangs. The slice takes no answer of a request that isn't its last. */
async function granted<T>(granting: Promise<T>): Promise<T> {
  const answer = await inTime(GRANT_MS, granting)
  if (answer === LATE) throw new Error("The deployment's budget does not answer.")
  return answer
}

/** Whether an earlier start of the object opened this part. */
export const hasBudget = (sql: Sql): boolean => hasTable(sql, 'spending')

/** @param holder the name of this object, by which the deployment asks it to give back */
export function createCallerBudget(
  sql: Sql,
  deployment: SliceSource,
  holder: string,
  now: () => number,
): CallerBudget {
  const ledger = createLedger(sql, () => nameLease(holder), idleMsBy(Math.random()))
  // One request at a time, since the slice believes only the answer to its last one. Calls that come
  // meanwhile wait: the grant may do for them, and otherwise the next one asks.
  let asking: Promise<void> | undefined

  async function askFor(
    request: SliceRequest,
    reservation: Reservation,
    limits: CallerLimits,
  ): Promise<ReservationResult | undefined> {
    const { promise, resolve } = Promise.withResolvers<void>()
    asking = promise
    try {
      const answer = await granted(deployment.grant(request))
      ledger.take(answer)
      // Before the calls that wait, which could take the tokens that were asked for here.
      const outcome = ledger.reserve(reservation, limits, now())
      if (outcome.kind !== 'short') return outcome
      // A shortage on a day that is over says nothing of the next day.
      if (answer.shortage === undefined || answer.day < outcome.request.day) return undefined
      return { kind: 'refused', refusal: refusalBy(answer.shortage, reservation), state: outcome.state }
    } finally {
      asking = undefined
      resolve()
    }
  }

  // If it is lost, the next alarm says it again.
  const tell = async (request: SliceRequest | undefined) => {
    if (request !== undefined) await granted(deployment.grant(request)).then(ledger.take, () => {})
  }

  return {
    async reserve(reservation, limits) {
      const started = now()
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        while (asking !== undefined) await asking
        // After this long the caller has been refused, so what is reserved now would never be settled.
        if (now() - started >= OBJECT_REPLY_MS) throw new Error('The caller waits no more.')
        const outcome = ledger.reserve(reservation, limits, now())
        if (outcome.kind !== 'short') return outcome
        const result = await askFor(outcome.request, reservation, limits)
        if (result !== undefined) return result
      }
      throw new Error('The deployment grants tokens, but the ledger does not take them.')
    },
    progress: (id, output) => ledger.progress(id, output),
    settle: (id, used) => ledger.settle(id, used, now()),
    charge(id, used) {
      if (isTokenCount(used) && !ledger.settle(id, used, now())) ledger.spend(used, now())
    },
    usage: (limits) => ledger.usage(limits, now()),
    dueAt: () => ledger.dueAt(now()),
    runDueWork: () => tell(ledger.runDueWork(now())),
    async giveBack() {
      // A caller that asks gives back in its request, and a further message would void the answer.
      if (asking === undefined) await tell(ledger.giveBack(now()))
    },
  }
}

function refusalBy(
  { limit: allowed, left, resetsAt, retryAfterMs }: Shortage,
  { prompt, output }: Reservation,
) {
  return {
    limit: 'total_tokens_per_day' as const,
    allowed,
    left,
    needed: prompt + output,
    resetsAt,
    retryAfterMs,
  }
}
