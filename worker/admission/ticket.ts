/**
 * A call's ticket: its tokens are put aside before the call is made, and what it used is settled once, when
 * it has ended.
 *
 * @example
 *   const admission = await takeTicket(budget, reservation, { caller, limits })
 *   if (admission instanceof ApiError) return admission // 429, or the object can't be reached
 *   await admission.ticket.settle(52)
 */
import type { BudgetState, CallerLimits } from '../budget/budget-state.ts'
import type { Reservation, ReservationResult } from '../budget/ledger.ts'
import { ApiError } from '../errors.ts'
import { inTime, LATE } from '../in-time.ts'
import { SETTLE_ATTEMPT_MS, SETTLE_ATTEMPTS, SETTLE_PAUSE_MS } from '../limits.ts'
import { sleep } from '../sleep.ts'
import { rateError } from './rate.ts'

export interface Ticket {
  readonly id: string
  /**
   * The tokens put aside for the answer: one that grows beyond them is ended. `undefined`: nothing bounds it.
   */
  readonly outputBound: number | undefined
  /**
   * Says what the call used. Only the first time counts.
   * @param used tokens in all; 0 if the call was never made; `undefined`: the estimate is charged
   */
  settle(used: number | undefined): Promise<void>
}

export interface Admission {
  ticket: Ticket
  /** How the caller's budget stands now; `undefined`: the caller has no limits. */
  state: BudgetState | undefined
}

/** The caller's budget, in this object or reached from elsewhere. */
export interface TicketBudget {
  reserve(reservation: Reservation, limits: CallerLimits): Promise<ReservationResult | ApiError>
  /** @returns whether there was anything to settle */
  settle(id: string, used: number | undefined): Promise<boolean | ApiError>
  charge(id: string, used: number): Promise<unknown>
}

interface Holder {
  /** The caller's id: holders of keys have their use counted also without limits, for `/v1/usage`. */
  caller: string
  limits: CallerLimits | undefined
}

/**
 * @returns the refusal if the tokens don't fit; not a promise if there are no limits, so that the call goes
 * out at once
 */
export function takeTicket(
  budget: TicketBudget,
  reservation: Reservation,
  { caller, limits }: Holder,
): Admission | Promise<Admission | ApiError> {
  if (limits !== undefined) return reserveTicket(budget, reservation, limits)
  const { id, prompt } = reservation
  const counted = caller.startsWith('key:')
  const ticket = once(id, undefined, async (used = prompt) => {
    if (counted && used > 0) await budget.charge(id, used)
  })
  return { ticket, state: undefined }
}

/** The ticket of a call that was admitted before the object restarted. */
export function reopenTicket(budget: Omit<TicketBudget, 'reserve'>, id: string, caller: string): Ticket {
  return once(id, undefined, async (used) => {
    const settled = await settleInTime(() => budget.settle(id, used))
    // The restart lost whether the caller had limits. If nothing was reserved, it had none.
    if (settled === false && used && caller.startsWith('key:')) await budget.charge(id, used)
  })
}

async function reserveTicket(
  budget: TicketBudget,
  reservation: Reservation,
  limits: CallerLimits,
): Promise<Admission | ApiError> {
  const result = await budget.reserve(reservation, limits)
  if (result instanceof ApiError) return result
  if (result.kind === 'refused') return rateError(result.refusal, result.state, Date.now())
  const { id, output } = reservation
  const ticket = once(id, output, async (used) => void (await settleInTime(() => budget.settle(id, used))))
  return { ticket, state: result.state }
}

/**
 * An object that hangs or was restarted is asked again: settling a reservation twice does nothing. If it
 * never answers, the reservation expires at its estimate.
 *
 * @returns whether there was anything to settle; `undefined` if that isn't known, since an answer was lost
 */
async function settleInTime(settle: () => Promise<boolean | ApiError>): Promise<boolean | undefined> {
  for (let attempt = 0; attempt < SETTLE_ATTEMPTS; attempt++) {
    const result = await inTime(SETTLE_ATTEMPT_MS, settle())
    if (result === LATE) continue
    if (!(result instanceof ApiError)) return attempt === 0 ? result : undefined
    await sleep(SETTLE_PAUSE_MS)
  }
  return undefined
}

function once(id: string, outputBound: number | undefined, settle: Ticket['settle']): Ticket {
  let settled = false
  return {
    id,
    outputBound,
    async settle(used) {
      if (settled) return
      settled = true
      await settle(used)
    },
  }
}
