/** How an answer ended, and the one place where an error becomes an end state. */
import { ApiError } from '../errors.ts'
import type { EndState } from '../protocol/wire.ts'

export interface AnswerEnd {
  state: EndState
  /** Present if the answer ended with an error. */
  error?: ApiError
}

/** @param reason why the answer ended: an `ApiError`, or an unexpected failure */
export function endOf(reason: unknown): AnswerEnd {
  const error = reason instanceof ApiError ? reason : new ApiError('internal_error', { cause: reason })
  switch (error.code) {
    case 'caller_left':
      return { state: 'stopped' }
    case 'budget_reached':
      return { state: 'budget' }
    case 'content_filter':
      return { state: 'moderated', error }
    case 'upstream_truncated':
      return { state: 'truncated', error }
    default:
      return { state: 'failed', error }
  }
}
