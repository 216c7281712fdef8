/** What of a request is judged before its answer is shown: all that its messages say, but the instructions. */
import { ApiError } from '../errors.ts'
import { isRecord } from '../protocol/json.ts'
import type { ChatMessage } from '../protocol/wire.ts'
import type { Judge, Unreachable } from './judge.ts'

/** Whose messages are the owner's or developer's own, and no part of the question. */
const INSTRUCTING: readonly string[] = ['system', 'developer']

/** @returns why the question gets no answer; `undefined` where it may have one, and where nobody waits for it any more */
export async function judgeQuestion(
  messages: readonly ChatMessage[],
  { judge, unreachable, signal }: { judge: Judge; unreachable: Unreachable; signal: AbortSignal },
): Promise<ApiError | undefined> {
  const verdict = await judge([questionText(messages)], { signal, patient: true })
  if (signal.aborted || verdict.kind === 'passed') return undefined
  if (verdict.kind === 'flagged') {
    return new ApiError('content_filter', { message: 'The question was flagged by moderation.' })
  }
  return unreachable === 'open' ? undefined : new ApiError('moderation_unavailable', { cause: verdict.why })
}

/**
 * One text: a question that is spread over messages and parts, or hidden in a tool's result or in words put into
 * the assistant's mouth, is judged as what it is. Images and sounds are not judged.
 */
export function questionText(messages: readonly ChatMessage[]): string {
  return messages
    .filter(({ role }) => !INSTRUCTING.includes(role))
    .flatMap(({ role: _, content, ...others }) => [...contentTexts(content), ...textsOf(others)])
    .join('\n\n')
}

/** A text, or parts that have some. What else a part holds is encoded. */
function contentTexts(content: unknown): string[] {
  if (typeof content === 'string') return [content]
  if (Array.isArray(content)) return content.flatMap(contentTexts)
  return isRecord(content) ? [content.text, content.refusal].flatMap(contentTexts) : []
}

/** All of a value's texts, its ids too: what isn't judged would be a way around the moderation. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []
}
