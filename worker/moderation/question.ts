/** Judges a question before its answer is shown. */
import { ApiError } from '../errors.ts'
import type { Judge, Unreachable } from './judge.ts'

/**
 * @param texts the question, in each way in which a model may read it
 * @returns why the question is refused; `undefined` if it may be answered, or if the signal has aborted
 */
export async function judgeQuestion(
  texts: readonly string[],
  { judge, unreachable, signal }: { judge: Judge; unreachable: Unreachable; signal: AbortSignal },
): Promise<ApiError | undefined> {
  const verdict = await judge(texts, { signal, mayRetry: true })
  if (signal.aborted || verdict.kind === 'passed') return undefined
  if (verdict.kind === 'flagged') {
    return new ApiError('content_filter', { message: 'The question was flagged by moderation.' })
  }
  return unreachable === 'open'
    ? undefined
    : new ApiError('moderation_unavailable', { notes: { cause: verdict.why } })
}
