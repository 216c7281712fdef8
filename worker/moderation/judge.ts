/**
 * Decides whether a text may be shown: OpenAI's moderation API (worker/upstreams/moderations.ts), or the
 * demo's rules.
 */

/** `unavailable`: there is no verdict, and `why` is for the log. */
export type Verdict =
  | { kind: 'passed' }
  | { kind: 'flagged'; categories: readonly string[] }
  | { kind: 'unavailable'; why: string }

export interface JudgeOptions {
  /** Aborts when the verdict is no longer wanted. It is then `unavailable`. */
  signal: AbortSignal
  /** Whether to wait and retry if the moderation API can't be reached. */
  mayRetry: boolean
}

/** One verdict on all the texts, of any length: flagged if one of them is. Never rejects. */
export type Judge = (texts: readonly string[], options: JudgeOptions) => Promise<Verdict>

/** What happens to a text that can't be judged: it is withheld (`closed`) or shown (`open`). */
export type Unreachable = 'closed' | 'open'
