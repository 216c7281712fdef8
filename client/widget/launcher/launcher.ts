/** The bubble in a corner, and the panel that it opens over the page. */
import type { Strings } from '../strings/en.ts'
import { create, icon } from '../view/element.ts'
import type { Frame } from '../view/frame.ts'
import { fitViewport } from './fit-viewport.ts'
import { trapFocus } from './focus-trap.ts'

/** Of a window's width: below it, the panel fills the screen. As in style/launcher.css. */
const PHONE = '(max-width: 479.98px)'

export interface Launcher {
  readonly isOpen: boolean
  /** @param how `quietly` leaves the focus where it is, and tells nobody */
  open(how?: 'quietly'): void
  close(): void
  /** There is something that the reader has not seen. */
  setUnread(unread: boolean): void
  /** Takes all of it away; the panel is then a part of the page. */
  remove(): void
}

/** @param on told after it was opened or closed; `focus` puts the focus where one goes on */
export function createLauncher(
  { root, panel, close: closeButton }: Frame,
  strings: Strings,
  on: { opened(): void; closed(): void; focus(): void },
): Launcher {
  const bubble = create(
    'button',
    {
      type: 'button',
      id: 'launcher',
      part: 'launcher',
      class: 'launcher',
      'aria-haspopup': 'dialog',
      'aria-controls': 'panel',
    },
    icon('chat'),
    create('span', { class: 'dot' }),
  )
  const detached = new AbortController()
  const { signal } = detached
  const phone = matchMedia(PHONE)
  let release: (() => void) | undefined
  let before: Element | null = null

  function name(): void {
    const words = release ? strings.closeChat : strings.openChat
    const unread = bubble.classList.contains('unread')
    bubble.ariaLabel = bubble.title = unread ? `${words}. ${strings.unread}` : words
    bubble.ariaExpanded = String(release !== undefined)
  }

  function setUnread(unread: boolean): void {
    bubble.classList.toggle('unread', unread)
    name()
  }

  function open(how?: 'quietly'): void {
    if (release) return
    before = document.activeElement
    panel.hidden = false
    root.classList.add('open')
    const [free, unfit] = [trapFocus(panel), fitViewport(root)]
    release = () => {
      free()
      unfit()
    }
    setUnread(false)
    setModal()
    if (how === 'quietly') return
    // A keyboard that rises at once would cover most of a phone.
    if (matchMedia('(pointer: coarse)').matches) panel.focus()
    else on.focus()
    on.opened()
  }

  function close(): void {
    if (!release) return
    const focused = panel.matches(':focus-within')
    release()
    release = undefined
    panel.hidden = true
    root.classList.remove('open')
    name()
    // Back to where it was; who has gone on with the page meanwhile stays there.
    const host = (root.getRootNode() as ShadowRoot).host
    if (
      focused &&
      before instanceof HTMLElement &&
      before.isConnected &&
      before !== host &&
      before !== document.body
    )
      before.focus()
    else if (focused) bubble.focus()
    on.closed()
  }

  /** Over all of a phone's screen there is nothing else. */
  function setModal(): void {
    panel.ariaModal = String(phone.matches)
  }

  panel.role = 'dialog'
  panel.tabIndex = -1
  panel.hidden = true
  closeButton.hidden = false
  root.prepend(bubble)
  bubble.addEventListener('click', () => (release ? close() : open()))
  closeButton.addEventListener('click', close, { signal })
  phone.addEventListener('change', setModal, { signal })
  panel.addEventListener(
    'keydown',
    (event) => {
      // One that leaves an input method's candidates is not meant for us.
      if (event.key !== 'Escape' || event.isComposing) return
      // Nor is this one meant for the page.
      event.stopPropagation()
      close()
    },
    { signal },
  )
  name()

  return {
    get isOpen() {
      return release !== undefined
    },
    open,
    close,
    setUnread,
    remove() {
      release?.()
      detached.abort()
      bubble.remove()
      root.classList.remove('open')
      closeButton.hidden = true
      panel.hidden = false
      panel.role = null
      panel.ariaModal = null
      panel.removeAttribute('tabindex')
    },
  }
}
