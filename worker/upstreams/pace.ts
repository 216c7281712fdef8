/**
 * How long a service that fails, or says that it is asked too much, is left alone. One pace for all calls of an isolate: each
 * backing off for itself, they would hammer it together.
 */
import type { ModerationPatience } from '../limits.ts'

export interface Pace {
  /** Milliseconds until a call may be made; 0 is leave to make one. After a failure only one at a time gets leave. */
  wait(now: number): number
  /** @param began when the call was made: what had begun before a failure tells nothing of the time after it */
  succeeded(began: number): void
  /** @param retryAfter milliseconds that the service asked for */
  failed(began: number, now: number, retryAfter?: number): void
}

export function createPace(patience: ModerationPatience, random: () => number = Math.random): Pace {
  let failures = 0
  let failedAt = Number.NEGATIVE_INFINITY
  let quietUntil = 0
  return {
    wait(now) {
      if (now < quietUntil) return quietUntil - now
      if (failures > 0) quietUntil = now + patience.probe
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
      const backoff = Math.min(patience.backoff * 2 ** (failures - 1), patience.longestBackoff)
      const wait =
        retryAfter === undefined
          ? backoff * (0.75 + random() / 2)
          : Math.min(retryAfter, patience.longestRetryAfter)
      quietUntil = Math.max(quietUntil, now + wait)
    },
  }
}
