/** Applies what moderation takes back from an answer that was shown as it came. */
import type { ChatChunk } from '../../worker/formats/chat-completions/wire.ts'

/**
 * A choice's content without the part that this chunk takes back: `chunk.millrace.retract`, in UTF-16 code
 * units from its end. If `retracts` is true, remove the choice's other shown texts too (a refusal,
 * reasoning).
 *
 * @param content all of the choice's content so far, shown or not
 * @example
 *   let content = ''
 *   for await (const chunk of answer) {
 *     content = withdraw(content + (chunk.choices[0]?.delta.content ?? ''), chunk)
 *     output.textContent = content
 *   }
 */
export function withdraw(content: string, chunk: ChatChunk, choice = 0): string {
  // `slice(0, -n)` would remove everything for n = 0.
  return content.slice(0, Math.max(0, content.length - (charsOf(chunk, choice) ?? 0)))
}

/** Whether this chunk takes back text of this choice. */
export function retracts(chunk: ChatChunk, choice = 0): boolean {
  return charsOf(chunk, choice) !== undefined
}

function charsOf({ millrace }: ChatChunk, choice: number): number | undefined {
  const chars: unknown = millrace?.retract?.[choice]
  return typeof chars === 'number' && chars >= 0 ? chars : undefined
}
