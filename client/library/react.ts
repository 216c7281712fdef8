/** `millrace/widget/react`: types only, for `<millrace-chat>` in JSX. */
import type { DetailedHTMLProps, HTMLAttributes } from 'react'
import type { MillraceChat } from '../widget/millrace-chat.ts'
import type { ChatAttributes, ChatListeners } from './chat-attributes.ts'

export type MillraceChatProps = DetailedHTMLProps<HTMLAttributes<MillraceChat>, MillraceChat> &
  ChatAttributes &
  ChatListeners

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'millrace-chat': MillraceChatProps
    }
  }
}
