/** `millrace/widget/react`: types only, for `<millrace-chat>` in JSX. */
import type { DetailedHTMLProps, HTMLAttributes } from 'react'
import type { MillraceEvents } from '../widget/events.ts'
import type { MillraceChat } from '../widget/millrace-chat.ts'

// [spec] React 19, custom elements: a prop named `on` and an event's name adds a listener.
type Listeners = { [Name in keyof MillraceEvents as `on${Name}`]?: (event: MillraceEvents[Name]) => void }

type Texts = 'endpoint' | 'model' | 'heading' | 'greeting' | 'placeholder' | 'starters' | 'image-origins'

interface Attributes extends Listeners, Partial<Record<Texts, string>> {
  theme?: 'auto' | 'light' | 'dark'
  position?: 'inline' | 'page' | 'bottom-right' | 'bottom-left'
  storage?: 'session' | 'local' | 'none'
  launcher?: boolean
  open?: boolean
  strings?: MillraceChat['strings'] | string
  speed?: boolean
}

export type MillraceChatProps = DetailedHTMLProps<HTMLAttributes<MillraceChat>, MillraceChat> & Attributes

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'millrace-chat': MillraceChatProps
    }
  }
}
