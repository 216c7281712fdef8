/** One way of the race on the page: its clock, its text, and what is to be said of it. */

import { copyOf, part } from '../part.ts'
import { createGrowingText } from './growing-text.ts'

/** Drawn as the water under the clock: dry, held back, flowing, arrived, shut off, broken off. */
export type LaneState = 'idle' | 'waiting' | 'flowing' | 'done' | 'stopped' | 'failed'

export interface LaneView {
  element: HTMLElement
  setState(state: LaneState): void
  setClock(ms: number): void
  /** The time that counts, to the hundredth. */
  setFinish(ms: number): void
  setNote(note: string): void
  append(text: string): void
  shorten(text: string): void
  clear(): void
}

/** Scrolled down to within this many pixels of the end counts as being there. */
const NEAR_PX = 24

export function createLaneView(name: string): LaneView {
  const element = copyOf('lane-template')
  element.ariaLabel = name
  part(element, 'h3', HTMLElement).textContent = name
  const time = part(element, '.time', HTMLElement)
  const note = part(element, '.lane-note', HTMLElement)
  const pool = part(element, '.pool', HTMLElement)
  const body = part(element, '.text', HTMLElement)
  const text = createGrowingText(body)
  pool.role = 'region'
  pool.ariaLabel = `${name}: the answer`
  followPool(pool, body, () => element.dataset.state === 'flowing')

  const set = (part: HTMLElement, words: string) => {
    if (part.textContent !== words) part.textContent = words
  }
  return {
    element,
    setState(state) {
      element.dataset.state = state
      body.ariaBusy = String(state === 'waiting' || state === 'flowing')
      if (state === 'done' || state === 'stopped' || state === 'failed') text.end()
      // What can be scrolled has to be reached by keyboard; an empty box is no stop on the way.
      if (body.childElementCount > 0 || state === 'flowing') pool.tabIndex = 0
      else pool.removeAttribute('tabindex')
    },
    setClock: (ms) => set(time, (ms / 1000).toFixed(1)),
    setFinish: (ms) => set(time, (ms / 1000).toFixed(2)),
    setNote: (words) => set(note, words),
    append: text.append,
    shorten: text.shorten,
    clear: text.clear,
  }
}

/** Keeps the end of a growing text in view, unless the reader has scrolled up to read. */
function followPool(pool: HTMLElement, body: HTMLElement, growing: () => boolean): void {
  let following = true
  pool.addEventListener(
    'scroll',
    () => {
      following = pool.scrollHeight - pool.clientHeight - pool.scrollTop <= NEAR_PX
    },
    { passive: true },
  )
  new ResizeObserver(() => {
    if (following && growing()) pool.scrollTop = pool.scrollHeight
  }).observe(body)
}
