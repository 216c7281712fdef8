/** A stand-in for what `widget.js` is. */
import { MillraceChat } from './millrace-chat.ts'

customElements.define('millrace-chat', MillraceChat)
if (document.querySelector(`script[src="${import.meta.url}"][data-launcher]`)) {
  document.body.append(document.createElement('millrace-chat'))
}
