/** Keeps the end of a growing page in view, once told to and until the reader wants to read something else. */

/** Scrolled down to within this many pixels of the end counts as being there. */
const NEAR_PX = 24

/** How far back the reader's eye is: they scroll to the end that they saw, and it has moved on meanwhile. */
const SEEN_MS = 250

export interface FollowEnd {
  /** Goes to the end, and stays there. */
  start(): void
  /** Lets the page be. */
  stop(): void
}

/**
 * Any scrolling up suspends it, and so does selecting text: the text would move away under the pointer. Scrolling
 * back to the end takes it up again, and so does `button`, which shows itself when there is something below.
 *
 * @param content where a selection of text means that it is being read
 */
export function followEnd(content: HTMLElement, button: HTMLButtonElement): FollowEnd {
  const page = document.documentElement
  let state: 'off' | 'following' | 'suspended' = 'off'
  let lastTop = page.scrollTop
  /** Where the end was lately, oldest first. */
  const ends: { at: number; top: number }[] = []

  const endTop = () => page.scrollHeight - page.clientHeight
  function forgetEnds(): void {
    // Each held until the next one came.
    while (ends[1] && performance.now() - ends[1].at > SEEN_MS) ends.shift()
  }
  function seenEnd(): number {
    forgetEnds()
    return ends[0]?.top ?? endTop()
  }
  function settle(): void {
    ends.push({ at: performance.now(), top: endTop() })
    forgetEnds()
    if (state === 'following') {
      page.scrollTop = endTop()
      // The event of this scrolling comes later, when the reader may have suspended it: it is none of theirs.
      lastTop = page.scrollTop
    }
    showButton()
  }
  function showButton(): void {
    button.hidden = state !== 'suspended' || endTop() - page.scrollTop <= NEAR_PX
  }
  function start(): void {
    state = 'following'
    settle()
  }

  addEventListener(
    'scroll',
    () => {
      const top = page.scrollTop
      // A page that shrank also scrolls up, and is then at its end.
      if (state === 'following' && top < lastTop - 1 && endTop() - top > 1) state = 'suspended'
      else if (state === 'suspended' && top > lastTop && top >= seenEnd() - NEAR_PX) start()
      lastTop = page.scrollTop
      showButton()
    },
    { passive: true },
  )
  document.addEventListener('selectionchange', () => {
    const selection = getSelection()
    const selecting = selection && !selection.isCollapsed && content.contains(selection.anchorNode)
    if (selecting && state === 'following') state = 'suspended'
  })
  button.addEventListener('click', start)
  // It runs after the layout of a frame and before its paint, so that the end is never out of view.
  new ResizeObserver(settle).observe(document.body)
  addEventListener('resize', settle)

  return {
    start,
    stop() {
      state = 'off'
      showButton()
    },
  }
}
