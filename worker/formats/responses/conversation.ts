/** A conversation that goes on from a response which the upstream has not stored. */
import { isRecord } from '../../protocol/json.ts'

/**
 * The answer's items as they are sent back. An upstream that has stored nothing looks an item with an id up
 * and does not find it, so the ids go; what only repeats a search of its own goes too, and reasoning that
 * isn't there in its encrypted form.
 *
 * @param output of a response
 */
export function conversationItems(output: unknown): unknown[] {
  return Array.isArray(output) ? output.flatMap(sentBack) : []
}

const SENT_BACK = new Set(['message', 'function_call', 'custom_tool_call'])

function sentBack(item: unknown): unknown[] {
  if (!isRecord(item) || typeof item.type !== 'string') return []
  if (item.type === 'reasoning') return typeof item.encrypted_content === 'string' ? [item] : []
  if (!SENT_BACK.has(item.type)) return []
  const { id: _, status: __, ...said } = item
  return [said]
}
