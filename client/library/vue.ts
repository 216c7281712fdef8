/** `millrace/widget/vue`: types only, for `<millrace-chat>` in Vue 3's templates. */
import type { EmitFn, HTMLAttributes, PublicProps } from 'vue'
import type { MillraceEvents } from '../widget/events.ts'
import type { MillraceChat } from '../widget/millrace-chat.ts'
import type { ChatAttributes } from './chat-attributes.ts'

/**
 * [doc] Vue, "Vue and Web Components": a global component is typed as its constructor. What it makes is what
 * a template ref gives.
 */
export type MillraceChatElement = new () => MillraceChat & {
  $props: HTMLAttributes & ChatAttributes & PublicProps
  $emit: EmitFn<{ [Name in keyof MillraceEvents]: (event: MillraceEvents[Name]) => void }>
}

declare module 'vue' {
  interface GlobalComponents {
    'millrace-chat': MillraceChatElement
  }
}
