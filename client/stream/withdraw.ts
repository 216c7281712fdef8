/** What moderation takes back of an answer that was shown as it came. */
import type { ChatChunk } from '../../worker/formats/chat-completions/wire.ts'

/**
 * A choice's content without what this chunk takes back: `chunk.millrace.retract`, in UTF-16 code units from its end. What
 * was shown of the choice's other texts (a refusal, reasoning) is to go too, wherever `retracts` says so.
 *
 * @param content all of it that came, shown or not
 * @example
 *   let content = ''
 *   for await (const chunk of answer) {
 *     content = withdraw(content + (chunk.choices[0]?.delta.content ?? ''), chunk)
 *     output.textContent = content
 *   }
 */
export function withdraw(content: string, chunk: ChatChunk, choice = 0): string {
  // Not `slice(0, -n)`, which for 0 leaves nothing.
  return content.slice(0, Math.max(0, content.length - (charsOf(chunk, choice) ?? 0)))
}

/** Whether something of this choice is taken back. */
export function retracts(chunk: ChatChunk, choice = 0): boolean {
  return charsOf(chunk, choice) !== undefined
}

function charsOf({ millrace }: ChatChunk, choice: number): number | undefined {
  const chars: unknown = millrace?.retract?.[choice]
  return typeof chars === 'number' && chars >= 0 ? chars : undefined
}
