/**
 * Announces messages to screen readers. Each message is shown for a moment in one live region.
 *
 * - The region has no role: `role="status"` is atomic, and some screen readers would read the whole region at
 *   each message.
 * - Each message is a new element: NVDA, JAWS and TalkBack speak additions, also of the same words.
 * - A message is removed soon: VoiceOver in Safari reads everything in the region at each addition, and a
 *   reader who goes through the page would find old messages.
 */
import { type Clock, PAGE_CLOCK } from './clock.ts'

/**
 * Long enough for a screen reader to fetch the message, and shorter than the pace of an answer's sentences.
 */
const MESSAGE_MS = 900

export interface Announcer {
  /**
   * Insert it before the first message, and keep it: screen readers ignore a region that is inserted with its
   * text, is in a hidden panel, or is outside of an open modal dialog.
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
      // Chromium and VoiceOver skip a message that equals the one before, even in another element.
      last = message === last ? `${message}\u00a0` : message
      line.textContent = last
      element.append(line)
      clock.after(MESSAGE_MS, () => line.remove())
    },
  }
}

/** Hides the region visually. Styles are set property by property, which a Content-Security-Policy allows. */
function hide({ style }: HTMLElement): void {
  style.position = 'absolute'
  style.inlineSize = '1px'
  style.blockSize = '1px'
  style.margin = '-1px'
  style.overflow = 'hidden'
  style.clipPath = 'inset(50%)'
  // Some screen readers join words that are broken across narrow lines.
  style.whiteSpace = 'nowrap'
}
