/** Makes `<millrace-chat>` known to the page. */
import { MillraceChat } from './millrace-chat.ts'

export { MillraceChat }

// A page may have the script twice, in two versions: the first one stays.
if (!customElements.get('millrace-chat')) customElements.define('millrace-chat', MillraceChat)
