/** The panel that a launcher opens over the page. Moves the focus into the panel and back. */
import type { Frame } from '../view/frame.ts'
import { isComposed } from '../view/input-method.ts'
import type { Bubble } from './bubble.ts'
import { fitViewport } from './fit-viewport.ts'
import { trapFocus } from './focus-trap.ts'

/** Narrower windows show the panel in full screen. As in style/popup.css. */
const PHONE = '(max-width: 479.98px)'

export interface Popup {
  readonly isOpen: boolean
  /** @param how `quietly` keeps the focus where it is, and calls no callback */
  open(how?: 'quietly'): void
  close(): void
  /** Makes the panel part of the page again. */
  remove(): void
}

/** @param on called after opening and closing; `focus` moves the focus into the panel's content */
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
    const [releaseFocus, stopFitting] = [trapFocus(panel), fitViewport(root)]
    release = () => {
      releaseFocus()
      stopFitting()
    }
    bubble.setUnread(false)
    setModal()
    if (how === 'quietly') return
    // Focusing the question box would open the keyboard, which covers most of a phone's screen.
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
    // If the focus is on the page, it stays there.
    if (focused) giveBackFocus()
    on.closed()
  }

  function giveBackFocus(): void {
    const back = focusableBefore(before, root)
    back?.focus()
    // The element may be removed or hidden by now, such as an entry of a closed menu.
    if (focusedNow() !== back) bubble.element.focus()
  }

  /** A full-screen panel is modal. */
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
      // Escape has closed something inside the panel.
      if (event.key !== 'Escape' || isComposed(event) || event.defaultPrevented) return
      // Keep this Escape from closing something on the page, too.
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

/** The focused element, also inside of the page's shadow roots. */
function focusedNow(): Element | null {
  let { activeElement } = document
  while (activeElement?.shadowRoot?.activeElement) activeElement = activeElement.shadowRoot.activeElement
  return activeElement
}

/** The element of the page that had the focus, if it can be focused again. */
function focusableBefore(before: Element | null, root: HTMLElement): HTMLElement | undefined {
  return before instanceof HTMLElement && before !== document.body && !root.contains(before)
    ? before
    : undefined
}
