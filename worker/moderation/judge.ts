/** Whoever can tell whether a text may be shown: OpenAI's moderation API (worker/upstreams/moderations.ts), the demo's, a test's. */

/** `unavailable`: nobody could tell, and `why` is for the log. */
export type Verdict =
  | { kind: 'passed' }
  | { kind: 'flagged'; categories: readonly string[] }
  | { kind: 'unavailable'; why: string }

export interface Patience {
  /** Aborts when nobody wants the verdict any more; it is then `unavailable`. */
  signal: AbortSignal
  /** Whether a moderation that can't be reached is worth waiting for, and trying again. */
  patient: boolean
}

/** One verdict on all the texts, of any length: flagged if one of them is. Never rejects. */
export type Judge = (texts: readonly string[], patience: Patience) => Promise<Verdict>

/** What becomes of a text that nobody could judge: it is not shown (`closed`), or it is (`open`). */
export type Unreachable = 'closed' | 'open'
