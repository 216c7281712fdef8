/**
 * One lane of a race: times its first words and its end, and counts its tokens while text arrives. The large
 * clock stops at the first words: they are what a reader waits for.
 */
import type { Counting } from './counting.ts'
import { createLaneView, type LaneState, type LaneView } from './lane-view.ts'
import { seconds, thousands } from './numbers.ts'
import type { Way } from './record.ts'

/** Least time between two counts: a number that changes more often is hard to read. */
const COUNT_INTERVAL_MS = 250

export interface Lane {
  view: LaneView
  start(counting: Counting): void
  /** Sets the clock, and counts the text that has arrived. */
  tick(ms: number): void
  text(text: string, model: string, ms: number): void
  /** Keeps only this beginning of the text, when the rest was retracted. */
  shorten(text: string): void
  finish(ms: number): void
  /** Ends the lane early and keeps its content. */
  abandon(state: Extract<LaneState, 'stopped' | 'failed'>): void
  /** The tokens of the whole text; `null` if they could not be counted. */
  counted(): Promise<number | null>
}

const NAMES: Record<Way, string> = { unstreamed: 'Unstreamed', streamed: 'Streamed' }
const WAITING: Record<Way, string> = {
  unstreamed: 'Nothing to read until all of it has come.',
  streamed: 'Waiting for the first words.',
}

export function createLane(way: Way): Lane {
  const view = createLaneView(way, NAMES[way])
  let counting: Counting | undefined
  let push: ((piece: string) => Promise<number>) | undefined
  let uncounted = ''
  let countedAt = 0
  let last: Promise<number | null> = Promise.resolve(0)
  let open = false
  let began = false
  let total = ''
  let withheld = ''
  let tokens = ''

  function showNote(): void {
    view.setNote([total, withheld, tokens].filter(Boolean).join(' · '))
  }

  function count(): void {
    if (!push || uncounted === '') return
    const piece = uncounted
    uncounted = ''
    // A race goes on without the counter, with the count that the answer reports.
    const counted = push(piece).catch(() => null)
    last = counted
    void counted.then((count) => {
      if (count === null || last !== counted) return
      tokens = `${thousands(count)} ${count === 1 ? 'token' : 'tokens'}`
      showNote()
    })
  }

  return {
    view,
    start(counter) {
      counting = counter
      push = undefined
      uncounted = total = withheld = tokens = ''
      began = false
      last = Promise.resolve(0)
      open = true
      view.clear()
      view.setClock(0)
      view.setNote(WAITING[way])
      view.setState('waiting')
    },
    tick(ms) {
      if (!open) return
      if (began) {
        total = `${(ms / 1000).toFixed(1)} s so far`
        showNote()
      } else view.setClock(ms)
      if (ms - countedAt < COUNT_INTERVAL_MS) return
      countedAt = ms
      count()
    },
    text(text, model, ms) {
      push ??= counting?.begin(model)
      uncounted += text
      if (!began) {
        began = true
        view.setFirstWords(ms)
        if (way === 'streamed') view.setState('flowing')
      }
      view.append(text)
    },
    shorten(text) {
      // Counted tokens can't be retracted, so stop counting and show the count that the answer reports.
      push = undefined
      counting = undefined
      uncounted = tokens = ''
      last = Promise.resolve(null)
      withheld = 'the rest was withheld'
      showNote()
      view.shorten(text)
    },
    finish(ms) {
      open = false
      view.setState('done')
      total = way === 'streamed' ? `All after ${seconds(ms)}` : 'All at once'
      showNote()
      if (!began) {
        view.setFirstWords(ms)
        view.setNote('The model had nothing to say.')
      }
      count()
    },
    abandon(state) {
      if (!open) return
      open = false
      view.setState(state)
      count()
      if (!began) view.setNote(state === 'stopped' ? 'Stopped before anything came.' : '')
    },
    counted: () => last,
  }
}
