/** The button in a corner that opens the chat. */
import type { StringsAtLoad } from '../strings/at-load.ts'
import { create, icon } from '../view/element.ts'

export interface Bubble {
  element: HTMLButtonElement
  /** Shows or hides the sign that an answer is in progress. */
  setBusy(busy: boolean): void
  /** Shows or hides the mark for an unread answer. */
  setUnread(unread: boolean): void
}

/** @param on `near` is called before the button is likely pressed, perhaps more than once */
export function createBubble(strings: StringsAtLoad, on: { pressed(): void; near(): void }): Bubble {
  const element = create(
    'button',
    { type: 'button', id: 'launcher', part: 'launcher', class: 'launcher', 'aria-haspopup': 'dialog' },
    icon('chat'),
    create('span', { class: 'dot' }),
  )

  let busy = false
  let unread = false

  function name(): void {
    const words = strings.openChat
    const news = unread ? strings.unread : busy ? strings.answering : ''
    element.ariaLabel = element.title = news ? `${words}. ${news}` : words
    element.classList.toggle('busy', busy)
    element.classList.toggle('unread', unread)
  }

  element.addEventListener('click', on.pressed)
  element.addEventListener('pointerenter', on.near)
  element.addEventListener('focus', on.near)
  name()
  return {
    element,
    setBusy(now) {
      busy = now
      name()
    },
    setUnread(now) {
      unread = now
      name()
    },
  }
}
