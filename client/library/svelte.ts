/** `millrace/widget/svelte`: types only, for `<millrace-chat>` in Svelte 5's templates. */
import type { HTMLAttributes } from 'svelte/elements'
import type { MillraceChat } from '../widget/millrace-chat.ts'
import type { ChatAttributes, ChatListeners } from './chat-attributes.ts'

export type MillraceChatProps = HTMLAttributes<MillraceChat> & ChatAttributes & ChatListeners

declare module 'svelte/elements' {
  interface SvelteHTMLElements {
    'millrace-chat': MillraceChatProps
  }
}
