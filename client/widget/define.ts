/** Defines `<millrace-chat>`. */
import { MillraceChat } from './millrace-chat.ts'

export { MillraceChat }

// A page may load two versions of the script: the first one wins.
if (!customElements.get('millrace-chat')) customElements.define('millrace-chat', MillraceChat)
