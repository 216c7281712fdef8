/** A stand-in: makes the element known. */
import { MillraceChat } from './millrace-chat.ts'

export { MillraceChat }

if (!customElements.get('millrace-chat')) customElements.define('millrace-chat', MillraceChat)
