/** What went wrong, as data: the language may change between when it is kept and when it is told. */
import { ChatError } from '../../stream/chat-error.ts'

export interface Trouble {
  /** A `ChatError`'s, or `PAGE_FAILED`. */
  code: string | null
  status: number | null
  /** In the server's words, for codes that nobody has other words for. */
  message: string
  requestId: string | null
  /** How long the server asked to wait before the next try; 0 where it did not. */
  retryAfterMs: number
  /** Whether a part of the answer had come, which stays. */
  began: boolean
  /** When, by the wall clock in milliseconds. */
  at: number
}

/** The code of whatever is no `ChatError`: a defect of ours, or of the page around. */
export const PAGE_FAILED = 'page_failed'

/**
 * @example
 *   turn.trouble = troubleOf(error, { began: turn.answer !== '', at: Date.now() })
 */
export function troubleOf(error: unknown, { began, at }: Pick<Trouble, 'began' | 'at'>): Trouble {
  if (!(error instanceof ChatError)) {
    const none = { status: null, requestId: null, retryAfterMs: 0 }
    return { code: PAGE_FAILED, message: String(error), ...none, began, at }
  }
  const { code, status, message, requestId, retryAfterMs } = error
  return { code, status, message, requestId, retryAfterMs: retryAfterMs ?? 0, began, at }
}

/** What is left of the wait that was asked for, which goes on while the page is loaded anew; in milliseconds. */
export function waitLeft({ retryAfterMs, at }: Trouble, now: number): number {
  // A clock that was set back must not make it longer.
  return Math.min(retryAfterMs, Math.max(0, at + retryAfterMs - now))
}
