'use client'

/**
 * `millrace/widget/react`: `<MillraceChat>`, the element as a component of React 19, also for pages that a
 * server renders; and the types of `<millrace-chat>` in JSX.
 */
import {
  createElement,
  type DetailedHTMLProps,
  type HTMLAttributes,
  type ReactElement,
  useSyncExternalStore,
} from 'react'
import type { MillraceChat as MillraceChatElement } from '../widget/millrace-chat.ts'
import type { ChatAttributes, ChatListeners } from './chat-attributes.ts'
import './define.ts'

export type MillraceChatProps = DetailedHTMLProps<HTMLAttributes<MillraceChatElement>, MillraceChatElement> &
  ChatAttributes &
  ChatListeners

/**
 * Renders `<millrace-chat>` with these props.
 *
 * When React hydrates what a server rendered, it adds no listener to a custom element and sets no property:
 * only a later render that changes one does. So a render that hydrates leaves them out, and the next adds
 * them.
 */
export function MillraceChat(props: MillraceChatProps): ReactElement {
  const hydrating = useSyncExternalStore(
    neverChanges,
    () => false,
    () => true,
  )
  return createElement('millrace-chat', hydrating ? attributesOf(props) : props)
}

const neverChanges = () => () => {}

/** What stands in the page's HTML. */
const attributesOf = (props: MillraceChatProps): MillraceChatProps =>
  Object.fromEntries(
    Object.entries(props).filter(
      ([name, value]) =>
        !name.startsWith('onmillrace-') &&
        name !== 'context' &&
        !(name === 'strings' && typeof value === 'object'),
    ),
  )

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'millrace-chat': MillraceChatProps
    }
  }
}
