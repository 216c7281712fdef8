/** Keeps the end of a growing text in view, once told to and until the reader wants to read something else. */
import { isSelecting } from './selection.ts'

/** Scrolled down to within this many pixels of the end counts as being there. */
const NEAR_PX = 24

/** How far back the reader's eye is: they scroll to the end that they saw, and it has moved on meanwhile. */
const SEEN_MS = 250

export interface FollowEnd {
  /** Goes to the end, and stays there. */
  start(): void
  /** Nothing more comes: whoever looks around from now on misses nothing. */
  rest(): void
  detach(): void
}

/**
 * Any scrolling up suspends it, and so does selecting text: the text would move away under the pointer. Scrolling
 * back to the end takes it up again, and so does `button`, which shows itself when there is something below.
 *
 * @param scroller what scrolls
 * @param content what it scrolls; a selection of text in it means that it is being read
 */
export function followEnd(scroller: HTMLElement, content: HTMLElement, button: HTMLButtonElement): FollowEnd {
  let state: 'following' | 'suspended' = 'following'
  let lastTop = scroller.scrollTop
  /** Whether more may come, and whether some has since the reader looked elsewhere. */
  let grows = false
  let hasNews = false
  /** Where the end was lately, oldest first. */
  const ends: { at: number; top: number }[] = []
  const detached = new AbortController()
  const { signal } = detached

  const endTop = () => scroller.scrollHeight - scroller.clientHeight
  function forgetEnds(): void {
    // Each held until the next one came.
    while (ends[1] && performance.now() - ends[1].at > SEEN_MS) ends.shift()
  }
  function seenEnd(): number {
    forgetEnds()
    return ends[0]?.top ?? endTop()
  }
  function settle(): void {
    // Hidden it has no end; where it was is kept by the browser.
    if (scroller.clientHeight === 0) return
    if (grows && state === 'suspended' && endTop() > (ends.at(-1)?.top ?? 0)) hasNews = true
    ends.push({ at: performance.now(), top: endTop() })
    forgetEnds()
    if (state === 'following') {
      scroller.scrollTop = endTop()
      // The event of this scrolling comes later, when the reader may have suspended it: it is none of theirs.
      lastTop = scroller.scrollTop
    }
    showButton()
  }
  function showButton(): void {
    button.hidden = state !== 'suspended' || !hasNews || endTop() - scroller.scrollTop <= NEAR_PX
  }
  function start(): void {
    state = 'following'
    hasNews = false
    settle()
  }

  scroller.addEventListener(
    'scroll',
    () => {
      const top = scroller.scrollTop
      // A text that shrank also scrolls up, and is then at its end.
      if (state === 'following' && top < lastTop - 1 && endTop() - top > 1) state = 'suspended'
      else if (state === 'suspended' && top > lastTop && top >= seenEnd() - NEAR_PX) start()
      lastTop = scroller.scrollTop
      showButton()
    },
    { passive: true, signal },
  )
  document.addEventListener(
    'selectionchange',
    () => {
      if (state === 'following' && isSelecting(content)) state = 'suspended'
    },
    { signal },
  )
  button.addEventListener(
    'click',
    () => {
      // It hides, and would lose the focus to nowhere.
      scroller.focus({ preventScroll: true })
      start()
    },
    { signal },
  )
  // It runs after the layout of a frame and before its paint, so that the end is never out of view.
  const observer = new ResizeObserver(settle)
  observer.observe(content)
  observer.observe(scroller)

  return {
    start() {
      grows = true
      start()
    },
    rest() {
      grows = false
    },
    detach() {
      observer.disconnect()
      detached.abort()
    },
  }
}
