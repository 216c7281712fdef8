/**
 * Speaks to screen readers, in sentences and seldom: when an answer begins, ends or fails. The growing text itself
 * is no live region, or each delta would be read out.
 */

/** An answer up to this length is read out whole when it is there; a longer one is left to the reader. */
const READ_OUT_CHARS = 280

export interface Announcer {
  say(sentence: string): void
  sayAnswer(answer: string): void
}

export function createAnnouncer(region: HTMLElement): Announcer {
  function say(sentence: string): void {
    // The same sentence twice would not be a change, and so not be spoken.
    region.textContent = region.textContent === sentence ? `${sentence}\u00a0` : sentence
  }
  return {
    say,
    sayAnswer(answer) {
      const words = answer.split(/\s+/).filter(Boolean).length
      say(answer.length <= READ_OUT_CHARS ? `Answer: ${answer}` : `The answer is complete: ${words} words.`)
    },
  }
}
