/** Errors as data: their text is chosen when they are shown, as the language may have changed by then. */
import { ChatError } from '../../stream/chat-error.ts'
import type { Pending } from './conversation.ts'

export interface Trouble {
  /** A `ChatError`'s code, `PAGE_FAILED`, `PAGE_LEFT`, `NOT_YET_SENT` or `PICTURES_GONE`. */
  code: string | null
  status: number | null
  /** The server's own message, for developers. */
  message: string
  requestId: string | null
  /** How long the server asked to wait before a retry; 0 if it did not. */
  retryAfterMs: number
  /** Whether part of the answer had arrived and is kept. */
  began: boolean
  /** When the error occurred: wall clock, in milliseconds. */
  at: number
}

/** The code of any error that is not a `ChatError`: a defect of the widget or the page. */
export const PAGE_FAILED = 'page_failed'

/** The code of a question whose page was left before the server had answered. */
export const PAGE_LEFT = 'page_left'

/** The code of a question that waited for a connection when its page was left. */
export const NOT_YET_SENT = 'not_yet_sent'

/** The code of a question whose pictures were on a page that was left. */
export const PICTURES_GONE = 'pictures_gone'

/** Says why a question can't be asked again. */
export const picturesGone = (at: number): Trouble => troubleHere(PICTURES_GONE, 'The page was left.', at)

/** Says why a question that was asked on an earlier page is not asked by itself. */
export function leftUnanswered({ askedAt: at, isUnsent }: Pending): Trouble {
  const code = isUnsent ? NOT_YET_SENT : PAGE_LEFT
  return troubleHere(code, 'The page was left before the server had answered.', at)
}

function troubleHere(code: string, message: string, at: number): Trouble {
  return { code, message, status: null, requestId: null, retryAfterMs: 0, began: false, at }
}

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

/** The remaining part of the wait the server asked for, which continues across reloads; in milliseconds. */
export function waitLeft({ retryAfterMs, at }: Trouble, now: number): number {
  // A clock that was set back must not make the wait longer.
  return Math.min(retryAfterMs, Math.max(0, at + retryAfterMs - now))
}
