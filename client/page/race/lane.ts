/** Shows one way of a race: it runs its clock, and counts its tokens as the text comes. */

import type { Counting } from './counting.ts'
import { createLaneView, type LaneState, type LaneView } from './lane-view.ts'
import { seconds, thousands } from './numbers.ts'
import type { Way } from './record.ts'

/** The counter is asked no more often: a number that changes faster can't be read. */
const COUNT_INTERVAL_MS = 250

export interface Lane {
  view: LaneView
  start(counting: Counting): void
  /** Moves the clock, and has counted what has come. */
  tick(ms: number): void
  text(text: string, model: string, ms: number): void
  /** Leaves this beginning of the text: the rest was taken back. */
  shorten(text: string): void
  finish(ms: number): void
  /** Ended before its time: it stays as it is. */
  abandon(state: Extract<LaneState, 'stopped' | 'failed'>): void
  /** The tokens of all the text; `null` if they could not be counted. */
  counted(): Promise<number | null>
}

const NAMES: Record<Way, string> = { unstreamed: 'Unstreamed', streamed: 'Streamed' }
const WAITING: Record<Way, string> = {
  unstreamed: 'Nothing to read until all of it is there.',
  streamed: 'Waiting for the first words.',
}

export function createLane(way: Way): Lane {
  const view = createLaneView(NAMES[way])
  let counting: Counting | undefined
  let push: ((piece: string) => Promise<number>) | undefined
  let uncounted = ''
  let countedAt = 0
  let last: Promise<number | null> = Promise.resolve(0)
  let open = false
  let arrival = ''
  let tokens = ''

  function showNote(): void {
    view.setNote([arrival, tokens].filter(Boolean).join(' · '))
  }

  function count(): void {
    if (!push || uncounted === '') return
    const piece = uncounted
    uncounted = ''
    // Without the counter the race goes on: its tokens are told with the answer.
    const counted = push(piece).catch(() => null)
    last = counted
    void counted.then((count) => {
      if (count === null || last !== counted) return
      tokens = `${thousands(count)} ${count === 1 ? 'token' : 'tokens'} counted here`
      showNote()
    })
  }

  return {
    view,
    start(with_) {
      counting = with_
      push = undefined
      uncounted = arrival = tokens = ''
      last = Promise.resolve(0)
      open = true
      view.clear()
      view.setClock(0)
      view.setNote(WAITING[way])
      view.setState('waiting')
    },
    tick(ms) {
      if (!open) return
      view.setClock(ms)
      if (ms - countedAt < COUNT_INTERVAL_MS) return
      countedAt = ms
      count()
    },
    text(text, model, ms) {
      push ??= counting?.begin(model)
      uncounted += text
      if (arrival === '') {
        arrival = way === 'streamed' ? `First words after ${seconds(ms)}` : `All at once after ${seconds(ms)}`
        showNote()
        if (way === 'streamed') view.setState('flowing')
      }
      view.append(text)
    },
    shorten(text) {
      // What was counted can't be taken back from the counter: without a count, the answer's own is told.
      push = undefined
      counting = undefined
      uncounted = tokens = ''
      last = Promise.resolve(null)
      arrival = [arrival, 'the rest was withheld'].filter(Boolean).join(' · ')
      showNote()
      view.shorten(text)
    },
    finish(ms) {
      open = false
      view.setFinish(ms)
      view.setState('done')
      if (arrival === '') view.setNote('The model had nothing to say.')
      count()
    },
    abandon(state) {
      if (!open) return
      open = false
      view.setState(state)
      count()
      if (arrival === '') view.setNote(state === 'stopped' ? 'Stopped before anything came.' : '')
    },
    counted: () => last,
  }
}
