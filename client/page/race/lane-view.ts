/** One lane of the race on the page: its clock, its text and its note. */
import { en } from '../../widget/strings/en.ts'
import { createAnswerText } from '../../widget/view/answer-text.ts'
import { cloneTemplate, findElement } from '../find-element.ts'
import type { Way } from './record.ts'

/** Shown by the line of water along the lane: dry, held back, flowing, arrived, shut off, broken off. */
export type LaneState = 'idle' | 'waiting' | 'flowing' | 'done' | 'stopped' | 'failed'

export interface LaneView {
  element: HTMLElement
  setState(state: LaneState): void
  /** Shows a running time until the first words. */
  setClock(ms: number): void
  /** Shows the final time until the first words, in hundredths of a second. */
  setFirstWords(ms: number): void
  setNote(note: string): void
  append(text: string): void
  shorten(text: string): void
  clear(): void
}

/** A scroll position within this many pixels of the end counts as the end. */
const NEAR_PX = 24

export function createLaneView(way: Way, name: string): LaneView {
  const element = cloneTemplate('lane-template')
  element.dataset.way = way
  element.ariaLabel = name
  findElement(element, 'h2', HTMLElement).textContent = name
  const time = findElement(element, '.time', HTMLElement)
  const note = findElement(element, '.lane-note', HTMLElement)
  const pool = findElement(element, '.pool', HTMLElement)
  const body = findElement(element, '.text', HTMLElement)
  // The chat's renderer, loaded with the race as the chat loads it with a conversation.
  const text = createAnswerText(body, { tree: document, strings: en, imageOrigins: [], painted: setTabStop })
  pool.role = 'region'
  pool.ariaLabel = `${name}: the answer`
  // An answer that comes as a whole is read from its beginning.
  if (way === 'streamed') followPool(pool, body)

  /** A scrollable pool must be reachable by keyboard, and an empty one should be no tab stop. */
  function setTabStop(): void {
    if (body.hasChildNodes() || element.dataset.state === 'flowing') pool.tabIndex = 0
    else pool.removeAttribute('tabindex')
  }

  const set = (part: HTMLElement, words: string) => {
    if (part.textContent !== words) part.textContent = words
  }
  return {
    element,
    setState(state) {
      element.dataset.state = state
      body.ariaBusy = String(state === 'waiting' || state === 'flowing')
      if (state === 'done' || state === 'stopped' || state === 'failed') text.end()
      setTabStop()
    },
    setClock: (ms) => set(time, (ms / 1000).toFixed(1)),
    setFirstWords: (ms) => set(time, (ms / 1000).toFixed(ms < 10_000 ? 2 : 1)),
    setNote: (words) => set(note, words),
    append: text.append,
    shorten: text.shorten,
    clear: text.clear,
  }
}

/** Keeps the end of growing text in view, unless the reader has scrolled up. */
function followPool(pool: HTMLElement, body: HTMLElement): void {
  let following = true
  let top = 0
  pool.addEventListener(
    'scroll',
    () => {
      // The text may have grown since the scrolling that this event tells of: being far from the end is not
      // yet the reader's doing.
      if (pool.scrollTop < top) following = false
      if (pool.scrollHeight - pool.clientHeight - pool.scrollTop <= NEAR_PX) following = true
      top = pool.scrollTop
    },
    { passive: true },
  )
  new ResizeObserver(() => {
    if (following) pool.scrollTop = pool.scrollHeight
  }).observe(body)
}
