/**
 * How long a service that fails, or that says it is asked too much, is left alone. All calls of an isolate
 * share one backoff: with one each, they would keep the service busy together.
 */
import type { RetryBudget } from '../limits.ts'

export interface SharedBackoff {
  /**
   * Milliseconds until a call may be made; 0: it may be made now. After a failure only one call at a time may
   * be made.
   */
  wait(now: number): number
  /** @param began when the call was made: a call from before a failure tells nothing of the time after it */
  succeeded(began: number): void
  /** @param retryAfter milliseconds that the service asked for */
  failed(began: number, now: number, retryAfter?: number): void
}

export function createSharedBackoff(budget: RetryBudget, random: () => number = Math.random): SharedBackoff {
  let failures = 0
  let failedAt = Number.NEGATIVE_INFINITY
  let quietUntil = 0
  return {
    wait(now) {
      if (now < quietUntil) return quietUntil - now
      if (failures > 0) quietUntil = now + budget.probe
      return 0
    },
    succeeded(began) {
      if (began < failedAt) return
      failures = 0
      quietUntil = 0
    },
    failed(began, now, retryAfter) {
      // Calls that were under way together fail together, and that counts once.
      if (began >= failedAt) failures++
      failedAt = now
      const backoff = Math.min(budget.backoff * 2 ** (failures - 1), budget.longestBackoff)
      const wait =
        retryAfter === undefined
          ? backoff * (0.75 + random() / 2)
          : Math.min(retryAfter, budget.longestRetryAfter)
      quietUntil = Math.max(quietUntil, now + wait)
    },
  }
}
