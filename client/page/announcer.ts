/** Speaks to screen readers, in sentences and seldom: of the race. (The chat speaks for itself.) */

export interface Announcer {
  say(sentence: string): void
}

export function createAnnouncer(region: HTMLElement): Announcer {
  return {
    say(sentence) {
      // The same sentence twice would not be a change, and so not be spoken.
      region.textContent = region.textContent === sentence ? `${sentence}\u00a0` : sentence
    },
  }
}
