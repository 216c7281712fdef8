/** One question and its answer, on the page. */
import type { Explanation } from './explain-error.ts'
import { createGrowingText } from './growing-text.ts'
import { copyOf, part } from './part.ts'
import { createTroubleCard, type TroubleCard } from './trouble-card.ts'

/** Drawn as the water beside the answer: still, flowing, shut off, broken off. */
type AnswerState = 'waiting' | 'flowing' | 'done' | 'stopped' | 'withheld' | 'failed'

export interface TurnView {
  element: HTMLElement
  setState(state: AnswerState): void
  /** Takes away what an earlier try had left. */
  clear(): void
  append(text: string): void
  /** Leaves this beginning of the text: the rest was taken back. */
  shorten(text: string): void
  setSpeed(line: string): void
  /** In the place of the speed, while there is no connection. */
  setReconnecting(reconnecting: boolean): void
  setNote(note: string): void
  showTrouble(explanation: Explanation, retry: () => void): void
  /** Once the conversation goes on, this turn can't be tried again. */
  hideTrouble(): void
}

/** Longer questions are set smaller, as text rather than as a heading. */
const HEADING_CHARS = 160

export function createTurnView(question: string): TurnView {
  const element = copyOf('turn-template')
  const heading = part(element, '.question', HTMLHeadingElement)
  heading.textContent = question
  heading.classList.toggle('long', question.length > HEADING_CHARS)
  const answer = part(element, '.answer', HTMLElement)
  const body = part(element, '.text', HTMLElement)
  const text = createGrowingText(body)
  const speed = part(element, '.speed', HTMLElement)
  const reconnecting = part(element, '.reconnecting', HTMLElement)
  const note = part(element, '.note', HTMLElement)
  let trouble: TroubleCard | undefined

  function hideTrouble(): void {
    trouble?.remove()
    trouble = undefined
  }

  return {
    element,
    setState(state) {
      const open = state === 'waiting' || state === 'flowing'
      answer.dataset.state = state
      body.ariaBusy = String(open)
      if (!open) text.end()
    },
    clear() {
      text.clear()
      note.hidden = true
    },
    append: text.append,
    shorten: text.shorten,
    setSpeed(line) {
      if (speed.textContent !== line) speed.textContent = line
    },
    setReconnecting(now) {
      reconnecting.hidden = !now
      speed.hidden = now
      answer.classList.toggle('cut-off', now)
    },
    setNote(words) {
      note.textContent = words
      note.hidden = false
    },
    showTrouble(explanation, retry) {
      hideTrouble()
      trouble = createTroubleCard(explanation, retry)
      part(element, '.trouble', HTMLElement).append(trouble.element)
    },
    hideTrouble,
  }
}
