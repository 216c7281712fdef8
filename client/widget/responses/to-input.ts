/** Messages of Chat Completions as input of the Responses API: the parts have other names there. */
import type { ChatMessage } from '../../../worker/formats/chat-completions/wire.ts'

type Part = { type: 'text'; text: string } | { type: 'image_url'; image_url: { url: string } }

export function toInput(messages: readonly ChatMessage[]): unknown[] {
  return messages.map(({ role, content }) => ({
    role,
    content: Array.isArray(content) ? content.map(toInputPart) : content,
  }))
}

function toInputPart(part: Part): object {
  return part.type === 'text'
    ? { type: 'input_text', text: part.text }
    : { type: 'input_image', image_url: part.image_url.url }
}
