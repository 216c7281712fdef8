/**
 * Where the list of conversations is shown: beside the conversation where there is room, else in its place.
 */
import type { Strings } from '../strings/en.ts'
import type { Frame } from './frame.ts'
import { isComposed } from './input-method.ts'

/** The list's 20 and a line of text's 32: in a narrower panel a conversation beside it is hard to read. */
const BESIDE_EMS = 52

export interface ListPlace {
  readonly isShown: boolean
  show(shown: boolean): void
  /** Shows the conversation: hides the list if that is in its place. */
  showConversation(): void
  detach(): void
}

/** @param changed called when the list is shown or hidden */
export function placeList(
  list: HTMLElement,
  { panel, log, dock, list: button }: Frame,
  strings: Strings,
  changed: (shown: boolean) => void,
): ListPlace {
  let isShown = false

  const hasRoom = () => panel.clientWidth >= BESIDE_EMS * Number.parseFloat(getComputedStyle(panel).fontSize)

  function place(): void {
    const isBeside = isShown && hasRoom()
    const isInPlace = isShown && !isBeside
    list.hidden = !isShown
    panel.classList.toggle('beside', isBeside)
    log.hidden = dock.hidden = isInPlace
    button.ariaExpanded = String(isShown)
    button.ariaLabel = button.title = isInPlace ? strings.backToConversation : strings.conversations
  }

  function show(shown: boolean): void {
    isShown = shown
    place()
    changed(shown)
  }

  function showConversation(): void {
    if (log.hidden) show(false)
  }

  const observer = new ResizeObserver(() => {
    if (!isShown || panel.clientWidth === 0 || hasRoom() === panel.classList.contains('beside')) return
    // A reader who is at the conversation stays there.
    if (log.matches(':focus-within') || dock.matches(':focus-within')) show(false)
    else place()
  })
  observer.observe(panel)
  list.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || isComposed(event) || event.defaultPrevented) return
    event.preventDefault()
    show(false)
    button.focus()
  })

  return {
    get isShown() {
      return isShown
    },
    show,
    showConversation,
    detach: () => observer.disconnect(),
  }
}
