/**
 * The text of a chat request that is judged before its answer is shown: everything in its messages except
 * the instructions.
 */
import { isRecord } from '../../protocol/json.ts'
import type { ChatMessage } from './wire.ts'

/** Roles of messages that hold the owner's or developer's instructions, not the question. */
const INSTRUCTING: readonly string[] = ['system', 'developer']

/**
 * Joins everything into one text. So a question is judged whole even if it is spread over messages and
 * parts, or hidden in a tool's result or in an assistant's message. Images and sounds are not judged.
 */
export function questionText(messages: readonly ChatMessage[]): string {
  return messages
    .filter(({ role }) => !INSTRUCTING.includes(role))
    .flatMap(({ role: _, content, ...others }) => [...contentTexts(content), ...textsOf(others)])
    .join('\n\n')
}

/** A text, or parts with texts. The other fields of a part hold encoded data. */
function contentTexts(content: unknown): string[] {
  if (typeof content === 'string') return [content]
  if (Array.isArray(content)) return content.flatMap(contentTexts)
  return isRecord(content) ? [content.text, content.refusal].flatMap(contentTexts) : []
}

/** All texts of a value, including ids: a text that isn't judged would be a way around moderation. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []
}
