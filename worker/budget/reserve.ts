/** Reserving where the deployment has a total: from the caller's slice, and when that is too small, by asking for more. */
import type { Ask, Ledger, Verdict } from './ledger.ts'
import type { Shortage, SliceAnswer, SliceRequest } from './slice.ts'
import type { Limits, Refusal, Standing } from './standing.ts'

/** The total, wherever it is. */
export interface Allotting {
  allot(request: SliceRequest): Promise<SliceAnswer>
}

export type Decision = Exclude<Verdict, { kind: 'short' }>
export type Reserve = (call: Ask, limits: Limits) => Promise<Decision>

/** A first answer can go stale when the day turns or a running call outgrows its reservation. Thrice is a defect. */
const ATTEMPTS = 3

/**
 * @returns the function by which one caller's calls are reserved. It rejects where the total can't be reached:
 * without it nothing that costs money may be made.
 */
export function createReserve(
  ledger: Pick<Ledger, 'reserve' | 'take'>,
  total: Allotting,
  clock: () => number,
): Reserve {
  // One request at a time. What it brings may do for those that wait for it, and else the next of them asks.
  let asking: Promise<void> | undefined

  async function ask(request: SliceRequest, call: Ask, limits: Limits): Promise<Decision | undefined> {
    const { promise, resolve } = Promise.withResolvers<void>()
    asking = promise
    try {
      const answer = await total.allot(request)
      ledger.take(answer)
      // Before those that wait: they could take the tokens that were asked for here.
      const verdict = ledger.reserve(call, limits, clock())
      if (verdict.kind !== 'short') return verdict
      // What was short on a day that is over says nothing of the one that has begun.
      if (answer.shortage === undefined || answer.day < verdict.request.day) return undefined
      return refused(call, answer.shortage, verdict.standing)
    } finally {
      asking = undefined
      resolve()
    }
  }

  return async function reserve(call, limits) {
    let attempts = 0
    while (attempts < ATTEMPTS) {
      const verdict = ledger.reserve(call, limits, clock())
      if (verdict.kind !== 'short') return verdict
      if (asking === undefined) {
        attempts++
        const decision = await ask(verdict.request, call, limits)
        if (decision !== undefined) return decision
      } else await asking
    }
    throw new Error('The total answers, but what it grants is not taken.')
  }
}

function refused({ prompt, output }: Ask, shortage: Shortage, standing: Standing): Decision {
  const { limit: allowed, left, resetsAt, retryAfterMs } = shortage
  const needed = prompt + output
  const refusal: Refusal = { limit: 'total_tokens_per_day', allowed, left, needed, resetsAt, retryAfterMs }
  return { kind: 'refused', refusal, standing }
}
