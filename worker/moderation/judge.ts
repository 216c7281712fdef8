/**
 * Tells whether a text may be shown: OpenAI's moderation API (worker/upstreams/moderations.ts), or the demo's.
 */

/** `unavailable`: there is no verdict, and `why` is for the log. */
export type Verdict =
  | { kind: 'passed' }
  | { kind: 'flagged'; categories: readonly string[] }
  | { kind: 'unavailable'; why: string }

export interface Patience {
  /** Aborts when the verdict is no longer wanted. It is `unavailable` then. */
  signal: AbortSignal
  /** Whether a moderation that can't be reached is worth waiting for, and trying again. */
  patient: boolean
}

/** One verdict on all the texts, of any length: flagged if one of them is. Never rejects. */
export type Judge = (texts: readonly string[], patience: Patience) => Promise<Verdict>

/** What becomes of a text that nobody could judge: it is not shown (`closed`), or it is (`open`). */
export type Unreachable = 'closed' | 'open'
