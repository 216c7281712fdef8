/** Loads the race, code and style, when the reader first opens it. */
import { en } from '../widget/strings/en.ts'
import { createTroubleCard, type TroubleCard } from '../widget/view/trouble-card.ts'
import { findElement } from './find-element.ts'
import type { Race, RaceOptions } from './race/race.ts'

export interface LazyRace {
  /** @param focus whether the race's heading takes the focus, because the reader came by a link */
  enter(focus: boolean): void
  /** Stops a running race. */
  leave(): void
}

/** @param place the race's element, hidden until the race can be used */
export function loadRace({ place, ...rest }: RaceOptions & { place: HTMLElement }): LazyRace {
  let race: Promise<Race> | undefined
  let trouble: TroubleCard | undefined
  let inside = false

  async function open(focus: boolean): Promise<void> {
    trouble?.remove()
    try {
      race ??= import('./race/race.ts').then(({ createRace }) => createRace(rest))
      await race
      place.hidden = false
      if (focus) findElement(place, 'h2', HTMLElement).focus({ preventScroll: true })
    } catch {
      race = undefined
      if (!inside) return
      const title = 'The race could not be loaded'
      const advice = 'Check your connection, then load the page again.'
      rest.announcer.say(`${title}. ${advice}`)
      const explanation = {
        title,
        advice,
        kept: '',
        retry: true,
        key: 'none' as const,
        isLimit: false,
        waitMs: 0,
        reference: null,
      }
      // Browsers and bundlers cache a failed import, so only a new page loads it again.
      trouble = createTroubleCard(explanation, en, () => location.reload())
      place.before(trouble.element)
    }
  }

  return {
    enter(focus) {
      inside = true
      void open(focus)
    },
    leave() {
      inside = false
      trouble?.remove()
      // `open` has shown the error already.
      void race?.then(({ stop }) => stop()).catch(() => {})
    },
  }
}
