/** Keeps the end of growing text in view, until the reader wants to read elsewhere. */
import { isSelecting } from './selection.ts'

/** A scroll position within this many pixels of the end counts as the end. */
const NEAR_PX = 24

/** How long an earlier end still counts: a reader scrolls to the end they saw, and it moves meanwhile. */
const SEEN_MS = 250

export interface FollowEnd {
  /** Scrolls to the end and follows it. */
  start(): void
  /** Nothing more will arrive, so there is no new text to point to. */
  rest(): void
  detach(): void
}

/**
 * Scrolling up suspends following, and so does selecting or editing text, which would otherwise move away
 * from the pointer. Scrolling back to the end resumes it, and so does `button`, which is shown while there is
 * new text below.
 *
 * @param scroller the scrolling element
 * @param content the scrolled element; selecting text in it suspends following
 */
export function followEnd(scroller: HTMLElement, content: HTMLElement, button: HTMLButtonElement): FollowEnd {
  let state: 'following' | 'suspended' = 'following'
  let lastTop = scroller.scrollTop
  /** Whether more text may arrive, and whether some has arrived while suspended. */
  let grows = false
  let hasNews = false
  /** Recent scroll positions of the end, oldest first. */
  const ends: { at: number; top: number }[] = []
  const detached = new AbortController()
  const { signal } = detached

  const endTop = () => scroller.scrollHeight - scroller.clientHeight
  function forgetEnds(): void {
    // An entry is valid until the next one's time.
    while (ends[1] && performance.now() - ends[1].at > SEEN_MS) ends.shift()
  }
  function seenEnd(): number {
    forgetEnds()
    return ends[0]?.top ?? endTop()
  }
  function settle(): void {
    // A hidden element has no end. The browser keeps its scroll position.
    if (scroller.clientHeight === 0) return
    if (grows && state === 'suspended' && endTop() > (ends.at(-1)?.top ?? 0)) hasNews = true
    ends.push({ at: performance.now(), top: endTop() })
    forgetEnds()
    if (state === 'following') {
      scroller.scrollTop = endTop()
      // This scrolling fires its event later, perhaps after the reader suspended: it must not count as
      // theirs.
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

  function suspend(): void {
    if (state === 'following') state = 'suspended'
  }

  scroller.addEventListener(
    'scroll',
    () => {
      const top = scroller.scrollTop
      // Text that shrinks scrolls up too, but is then at its end.
      if (state === 'following' && top < lastTop - 1 && endTop() - top > 1) suspend()
      else if (state === 'suspended' && top > lastTop && top >= seenEnd() - NEAR_PX && !isEditing()) start()
      lastTop = scroller.scrollTop
      showButton()
    },
    { passive: true, signal },
  )
  scroller.addEventListener(
    'wheel',
    ({ deltaY }) => {
      // However small: the growing text would undo a slow scroll within a frame.
      if (deltaY < 0 && scroller.scrollTop > 0) suspend()
    },
    { passive: true, signal },
  )
  // A question that is edited stays where it is, also if it was scrolled into view from above.
  const isEditing = () => content.querySelector('textarea:focus') !== null
  content.addEventListener('focusin', ({ target }) => target instanceof HTMLTextAreaElement && suspend(), {
    signal,
  })
  document.addEventListener('selectionchange', () => isSelecting(content) && suspend(), { signal })
  button.addEventListener(
    'click',
    () => {
      // The button hides, and would lose the focus.
      scroller.focus({ preventScroll: true })
      start()
    },
    { signal },
  )
  // Runs between layout and paint, so the end is in view in every frame.
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
