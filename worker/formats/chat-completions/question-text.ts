/** What of a chat request is judged before its answer is shown: all that its messages say, but the instructions. */
import { isRecord } from '../../protocol/json.ts'
import type { ChatMessage } from './wire.ts'

/** The roles of messages that are the owner's or developer's own, and no part of the question. */
const INSTRUCTING: readonly string[] = ['system', 'developer']

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

/** All of a value's texts, its ids too: a text that isn't judged would be a way around the moderation. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []
}
