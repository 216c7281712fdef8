/** `millrace/widget`: the element's class, for bundlers. Importing it defines nothing and needs no DOM. */
import type { MillraceEvents } from '../widget/events.ts'
import type { MillraceChat } from '../widget/millrace-chat.ts'

export type * from '../widget/events.ts'
export { MillraceChat } from '../widget/millrace-chat.ts'

declare global {
  interface HTMLElementTagNameMap {
    'millrace-chat': MillraceChat
  }
  interface HTMLElementEventMap extends MillraceEvents {}
  // They bubble, and cross Shadow DOM.
  interface DocumentEventMap extends MillraceEvents {}
}
