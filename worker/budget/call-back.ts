/**
 * Calls unused tokens back when a request finds too few free ones: asks holders to give back what they
 * neither use nor have reserved, those that may hold the most first, and then grants.
 *
 * - Only the request that is short waits, for `CALL_BACK_MS` at most. Short requests take turns in the order
 *   in which they came, so that one doesn't take what was called back for another.
 * - A holder gives back by its next message (slice.ts), so nothing rests on its answer to the call-back.
 * - What running calls have reserved stays with their callers.
 */
import { CALL_BACK_AT_ONCE, CALL_BACK_CALLERS, CALL_BACK_MS, CALL_BACK_PAUSE_MS } from '../limits.ts'
import { sleep } from '../sleep.ts'
import type { DeploymentBudget } from './deployment-budget.ts'
import type { SliceAnswer, SliceRequest } from './slice.ts'

export interface CallBack {
  /**
   * Grants at once if enough is free, and refuses at once if nothing that may come back would do.
   * @param limit the tokens of the whole deployment in a UTC day
   */
  grant(request: SliceRequest, limit: number): SliceAnswer | Promise<SliceAnswer>
}

/**
 * @param ask tells the holder to give back; resolves once it has
 * @param wait as `sleep` does; scripts/simulate/ gives the one of its own clock
 */
export function createCallBack(
  budget: DeploymentBudget,
  ask: (holder: string) => Promise<unknown>,
  now: () => number,
  wait = sleep,
): CallBack {
  /** When each holder was asked, for as long as it isn't asked again. */
  const asked = new Map<string, number>()
  /** No holder was left to ask at this time: the rows aren't read again for each refusal. */
  let exhaustedAt = -Infinity
  let lastTurn: Promise<unknown> = Promise.resolve()

  function choose(request: SliceRequest): string[] {
    for (const [name, at] of asked) if (at + CALL_BACK_PAUSE_MS <= now()) asked.delete(name)
    const holders = budget.holders(request, CALL_BACK_CALLERS + asked.size)
    return holders.filter((name) => !asked.has(name)).slice(0, CALL_BACK_CALLERS)
  }

  async function callBack(request: SliceRequest, isShort: () => boolean, until: number): Promise<void> {
    if (now() >= until || now() < exhaustedAt + CALL_BACK_MS) return
    const holders = choose(request)
    if (holders.length === 0) exhaustedAt = now()
    while (holders.length > 0 && isShort() && now() < until) {
      const round = holders.splice(0, CALL_BACK_AT_ONCE)
      for (const name of round) asked.set(name, now())
      // Not for the slowest of them, if the others give back enough.
      const enough = new AbortController()
      const answers = round.map(async (name) => {
        await ask(name).catch(() => {})
        if (!isShort()) enough.abort()
      })
      await Promise.race([wait(until - now(), enough.signal), Promise.all(answers)])
      enough.abort()
    }
  }

  return {
    grant(request, limit) {
      const isShort = () => budget.isShort(request, limit, now())
      const take = () => budget.grant(request, limit, now())
      if (!isShort()) return take()
      const until = now() + CALL_BACK_MS
      const turn = lastTurn.then(async () => {
        if (isShort()) await callBack(request, isShort, until)
        return take()
      })
      lastTurn = turn.catch(() => {})
      return turn
    },
  }
}
