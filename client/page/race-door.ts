/** The way to the race, whose code and look are loaded when a reader first goes there. */
import { en } from '../widget/strings/en.ts'
import { createTroubleCard, type TroubleCard } from '../widget/view/trouble-card.ts'
import { part } from './part.ts'
import type { Race, Surroundings } from './race/race.ts'

export interface RaceDoor {
  /** @param focus whether its heading takes the focus: the reader came by a link */
  enter(focus: boolean): void
  /** Ends a race that runs: nobody watches it any more. */
  leave(): void
}

/** @param place where the race is, hidden until it can be used */
export function createRaceDoor({ place, ...rest }: Surroundings & { place: HTMLElement }): RaceDoor {
  let race: Promise<Race> | undefined
  let trouble: TroubleCard | undefined
  let inside = false

  async function open(focus: boolean): Promise<void> {
    trouble?.remove()
    try {
      race ??= import('./race/race.ts').then(({ createRace }) => createRace(rest))
      await race
      place.hidden = false
      if (focus) part(place, 'h2', HTMLElement).focus({ preventScroll: true })
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
        needsKey: false,
        isLimit: false,
        waitMs: 0,
        reference: null,
      }
      // Browsers and bundlers remember what they could not load: only a new page asks for it anew.
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
      // What could not be loaded has been told by `open`.
      void race?.then(({ stop }) => stop()).catch(() => {})
    },
  }
}
