/** The attributes of `<millrace-chat>` as frameworks' types know them. */
import type { MillraceEvents } from '../widget/events.ts'
import type { MillraceChat } from '../widget/millrace-chat.ts'

type Texts =
  | 'endpoint'
  | 'model'
  | 'heading'
  | 'avatar'
  | 'greeting'
  | 'placeholder'
  | 'starters'
  | 'image-origins'

export interface ChatAttributes extends Partial<Record<Texts, string>> {
  theme?: 'auto' | 'light' | 'dark'
  position?: 'inline' | 'page' | 'bottom-right' | 'bottom-left'
  storage?: 'session' | 'local' | 'none'
  launcher?: boolean
  open?: boolean
  strings?: MillraceChat['strings'] | string
  speed?: boolean
  dictation?: boolean
  context?: MillraceChat['context']
  math?: boolean
  run?: boolean
}

/** A property named `on` and an event's name adds a listener, in React 19 and Svelte 5. */
export type ChatListeners = {
  [Name in keyof MillraceEvents as `on${Name}`]?: (event: MillraceEvents[Name]) => void
}
