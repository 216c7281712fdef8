/** Defines `<millrace-chat>`, if there is a DOM: a server that renders the page imports this too. */
import { MillraceChat } from './millrace-chat.ts'

export { MillraceChat }

const registry = globalThis.customElements as CustomElementRegistry | undefined
// A page may load two versions of the script: the first one wins.
if (registry?.get('millrace-chat') === undefined) registry?.define('millrace-chat', MillraceChat)
