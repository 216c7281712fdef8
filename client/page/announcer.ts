/** Announces the race to screen readers in a live region. (The chat has its own announcer.) */

export interface Announcer {
  say(sentence: string): void
}

export function createAnnouncer(region: HTMLElement): Announcer {
  return {
    say(sentence) {
      // Screen readers speak changes only, so repeat a sentence with a trailing space.
      region.textContent = region.textContent === sentence ? `${sentence}\u00a0` : sentence
    },
  }
}
