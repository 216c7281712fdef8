/** What is moderated, and by whom: the configuration's part of it, for whoever makes calls. */
import { ApiError } from '../errors.ts'
import type { ChatMessage } from '../wire.ts'
import type { Judge, Unreachable } from './judge.ts'
import type { Mode } from './moderation.ts'
import { questionText } from './question.ts'

export interface Moderating {
  /** Whether questions are. */
  input: boolean
  /** How answers are; `undefined`: not. */
  output: Mode | undefined
  judge: Judge
  unreachable: Unreachable
}

/** Judges a question while it is already on its way. @returns why there may be no answer to it */
export async function judgeQuestion(
  messages: readonly ChatMessage[],
  { input, judge, unreachable }: Moderating,
  signal: AbortSignal,
): Promise<ApiError | undefined> {
  if (!input) return undefined
  const verdict = await judge([questionText(messages)], { signal, patient: true })
  if (verdict.kind === 'flagged') return new ApiError('content_filter')
  if (verdict.kind === 'passed' || unreachable === 'open') return undefined
  return new ApiError('moderation_unavailable', { cause: verdict.why })
}
