/**
 * What is said to screen readers: one live region, in which each message stands for a moment.
 *
 * A region without a role: `role="status"` is atomic, so that some would read all of it again at each message. A message
 * is an element of its own that is added (NVDA, JAWS and TalkBack speak additions, and so the same words twice are spoken
 * twice), and it is taken away again soon: VoiceOver in Safari reads whatever stands in the region at each addition, and
 * whoever reads through the page would find all that was said for a second time.
 */
import { type Clock, PAGE_CLOCK } from './clock.ts'

/** Long enough for any screen reader to have fetched it; shorter than the pace of the answer's sentences. */
const STANDS_MS = 900

export interface Announcer {
  /**
   * To be in the page before the first message, and to stay: a region that comes with its text is not spoken. Neither is
   * one in a panel that is hidden, or outside of an open modal dialog.
   */
  readonly element: HTMLElement
  say(message: string): void
}

/**
 * @example
 *   const announcer = createAnnouncer()
 *   shadow.append(announcer.element)
 *   announcer.say('Reconnecting.')
 */
export function createAnnouncer(clock: Clock = PAGE_CLOCK): Announcer {
  const element = document.createElement('div')
  element.ariaLive = 'polite'
  element.ariaAtomic = 'false'
  element.setAttribute('aria-relevant', 'additions')
  hide(element)
  let last = ''

  return {
    element,
    say(message) {
      if (message === '') return
      const line = document.createElement('p')
      // Chromium and VoiceOver leave out a message that is the same as the one before, even in another element.
      last = message === last ? `${message}\u00a0` : message
      line.textContent = last
      element.append(line)
      clock.after(STANDS_MS, () => line.remove())
    },
  }
}

/** Unseen but spoken. Property by property, which a page's policy on styles lets through. */
function hide({ style }: HTMLElement): void {
  style.position = 'absolute'
  style.inlineSize = '1px'
  style.blockSize = '1px'
  style.margin = '-1px'
  style.overflow = 'hidden'
  style.clipPath = 'inset(50%)'
  // Narrow lines would run the words together in some screen readers.
  style.whiteSpace = 'nowrap'
}
