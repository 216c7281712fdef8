/** `millrace/widget/astro`: types only, for `<millrace-chat>` in Astro's templates. */
import type { ChatAttributes } from './chat-attributes.ts'

/** Templates write attributes, so the texts are JSON, and a function can only be set by a script. */
export interface MillraceChatAttributes extends Omit<ChatAttributes, 'strings' | 'context'> {
  strings?: string
}

declare global {
  namespace astroHTML.JSX {
    /** Astro's own, of all elements. */
    interface HTMLAttributes {}
    interface DefinedIntrinsicElements {
      'millrace-chat': HTMLAttributes & MillraceChatAttributes
    }
  }
}
