/** The panel that a launcher opens over the page, and the way of the focus into it and back. */
import type { Frame } from '../view/frame.ts'
import { isComposed } from '../view/input-method.ts'
import type { Bubble } from './bubble.ts'
import { fitViewport } from './fit-viewport.ts'
import { trapFocus } from './focus-trap.ts'

/** Of a window's width: below it, the panel fills the screen. As in style/popup.css. */
const PHONE = '(max-width: 479.98px)'

export interface Popup {
  readonly isOpen: boolean
  /** @param how `quietly` leaves the focus where it is, and tells nobody */
  open(how?: 'quietly'): void
  close(): void
  /** Makes the panel a part of the page again. */
  remove(): void
}

/** @param on told after it was opened or closed; `focus` puts the focus where one goes on */
export function createPopup(
  root: HTMLElement,
  { panel, close: closeButton }: Frame,
  bubble: Bubble,
  on: { opened(): void; closed(): void; focus(): void },
): Popup {
  const detached = new AbortController()
  const { signal } = detached
  const phone = matchMedia(PHONE)
  let release: (() => void) | undefined
  let before: Element | null = null

  function open(how?: 'quietly'): void {
    if (release) return
    before = focusedNow()
    panel.hidden = false
    root.classList.add('open')
    const [free, unfit] = [trapFocus(panel), fitViewport(root)]
    release = () => {
      free()
      unfit()
    }
    bubble.setOpen(true)
    bubble.setUnread(false)
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
    bubble.setOpen(false)
    // Who has gone on with the page meanwhile stays there.
    if (focused) giveBackFocus()
    on.closed()
  }

  function giveBackFocus(): void {
    const back = comesFrom(before, root)
    back?.focus()
    // What had it may be gone or hidden, as an entry of a menu is that has closed.
    if (focusedNow() !== back) bubble.element.focus()
  }

  /** Over all of a phone's screen there is nothing else. */
  function setModal(): void {
    panel.ariaModal = String(phone.matches)
  }

  panel.role = 'dialog'
  panel.tabIndex = -1
  panel.hidden = true
  closeButton.hidden = false
  closeButton.addEventListener('click', close, { signal })
  phone.addEventListener('change', setModal, { signal })
  panel.addEventListener(
    'keydown',
    (event) => {
      // One that closed something inside has done so.
      if (event.key !== 'Escape' || isComposed(event) || event.defaultPrevented) return
      // Nor is this one meant for the page.
      event.stopPropagation()
      close()
    },
    { signal },
  )

  return {
    get isOpen() {
      return release !== undefined
    },
    open,
    close,
    remove() {
      release?.()
      release = undefined
      detached.abort()
      root.classList.remove('open')
      closeButton.hidden = true
      panel.hidden = false
      panel.role = panel.ariaModal = null
      panel.removeAttribute('tabindex')
    },
  }
}

/** What has the focus, also inside of a component of the page. */
function focusedNow(): Element | null {
  let { activeElement } = document
  while (activeElement?.shadowRoot?.activeElement) activeElement = activeElement.shadowRoot.activeElement
  return activeElement
}

/** An element of the page that had the focus. */
function comesFrom(before: Element | null, root: HTMLElement): HTMLElement | undefined {
  return before instanceof HTMLElement && before !== document.body && !root.contains(before)
    ? before
    : undefined
}
