/** The view of one question and its answer. */
import { copyText } from '../../render/dom/copy-text.ts'
import { withoutCitationMarks } from '../../render/parse/citation-marks.ts'
import type { Reading } from '../../stream/meter.ts'
import type { Strings } from '../strings/en.ts'
import { noteWords } from '../strings/note-words.ts'
import type { Note } from '../talk/conversation.ts'
import type { Trouble } from '../talk/trouble.ts'
import { type AnswerText, createAnswerText } from './answer-text.ts'
import { create, icon, iconButton } from './element.ts'
import { explainTrouble } from './explain-trouble.ts'
import { createQuestionEditor } from './question-editor.ts'
import { speedLine, waitingLine } from './speed-line.ts'
import { createTroubleCard, type TroubleCard } from './trouble-card.ts'

/** Shown by the line of water beside the answer: still, flowing, shut off, broken off. */
type AnswerState = 'waiting' | 'flowing' | 'done' | 'stopped' | 'withheld' | 'failed'

export interface TurnActions {
  /** Asks the same question again. */
  again(): void
  /** Asks an edited question. @returns whether it is asked */
  edit(question: string): boolean
  rate(rating: 'up' | 'down' | undefined): void
  /** Begins a new conversation with this question. */
  startOver(): void
}

export interface TurnView {
  element: HTMLElement
  /** The element with the answer's text. */
  text: HTMLElement
  setState(state: AnswerState): void
  /** Removes the text of an earlier attempt. */
  clear(): void
  append(text: string): void
  /** Keeps only this beginning of the text, when the rest was retracted. */
  shorten(text: string): void
  /** Shows how long the first token has been awaited, in milliseconds. */
  setWaited(ms: number): void
  setReading(reading: Reading | undefined, ended: boolean): void
  /** Shown in place of the speed while the connection is lost. */
  setReconnecting(reconnecting: boolean): void
  setNote(note: Note): void
  setRating(rating: 'up' | 'down' | undefined): void
  /** Whether the oldest messages are not sent from this question on. */
  setLeftOut(leftOut: boolean): void
  /** Only the latest answer can be regenerated. */
  setLatest(latest: boolean): void
  showTrouble(trouble: Trouble, retry: (key?: string) => void): void
  hideTrouble(): void
  remove(): void
}

export interface TurnOptions {
  /** Where the turn is, or will be. */
  tree: ShadowRoot
  strings: Strings
  imageOrigins: readonly string[]
  /** Called after each paint of the answer. */
  painted(view: TurnView): void
}

/** Longer questions are set in the size of text, not of a heading. */
const HEADING_CHARS = 160

/** How long a button shows its result. */
const DONE_MS = 2_000

export function createTurnView(
  question: string,
  actions: TurnActions,
  { tree, strings, imageOrigins, painted }: TurnOptions,
): TurnView {
  const action = (name: Parameters<typeof iconButton>[0], label: string, of = name as string) =>
    iconButton(name, label, { part: 'action', class: `action ${of}` })

  const heading = create('h3', { class: 'question', part: 'question', dir: 'auto' }, question)
  heading.classList.toggle('long', question.length > HEADING_CHARS)
  const editButton = action('edit', strings.edit)
  const asked = create('div', { class: 'asked' }, heading, editButton)
  const leftOut = create('p', { class: 'left-out', hidden: true }, strings.olderLeftOut)
  const body = create('div', { class: 'text markdown', part: 'text' })
  const note = create('p', { class: 'note', hidden: true })
  const speed = create('p', { class: 'speed' })
  const reconnecting = create('p', { class: 'reconnecting', hidden: true }, strings.reconnecting)
  const copy = action('copy', strings.copyAnswer)
  const again = action('again', strings.regenerate)
  const up = action('up', strings.goodAnswer, 'rate-up')
  const down = action('up', strings.badAnswer, 'rate-down')
  const speedButton = action('speed', strings.speed, 'show-speed')
  speedButton.ariaExpanded = 'false'
  const tools = create('div', { class: 'tools', hidden: true }, copy, again, up, down, speedButton)
  const answer = create('div', { class: 'answer', part: 'answer' }, body, note, speed, reconnecting, tools)
  const element = create('article', { class: 'turn', part: 'turn' }, leftOut, asked, answer)
  let trouble: TroubleCard | undefined
  let source = ''
  let state: AnswerState | undefined
  let isLatest = false
  let rating: 'up' | 'down' | undefined

  const text: AnswerText = createAnswerText(body, {
    tree,
    strings,
    imageOrigins,
    painted: () => painted(view),
  })

  function hideTrouble(): void {
    trouble?.remove()
    trouble = undefined
  }

  function say(words: string): void {
    if (speed.textContent !== words) speed.textContent = words
  }

  function setRating(next: 'up' | 'down' | undefined): void {
    rating = next
    up.ariaPressed = String(next === 'up')
    down.ariaPressed = String(next === 'down')
  }

  function rate(pressed: 'up' | 'down'): void {
    setRating(rating === pressed ? undefined : pressed)
    actions.rate(rating)
  }

  /** Without text, only regenerating makes sense; after a failure the error's card offers that. */
  function showTools(): void {
    const isOver = state !== undefined && state !== 'waiting' && state !== 'flowing'
    copy.hidden = up.hidden = down.hidden = source === ''
    again.hidden = !isLatest
    tools.hidden = !isOver || (source === '' && (state === 'failed' || !isLatest))
  }

  copy.addEventListener('click', async () => {
    const copied = await copyText(withoutCitationMarks(source), body)
    confirm(copy, copied ? 'done' : 'close', copied ? strings.copied : strings.notCopied)
  })
  again.addEventListener('click', actions.again)
  up.addEventListener('click', () => rate('up'))
  down.addEventListener('click', () => rate('down'))
  speedButton.addEventListener('click', () => {
    const shown = element.classList.toggle('with-speed')
    speedButton.ariaExpanded = String(shown)
  })
  editButton.addEventListener('click', () => {
    const editor = createQuestionEditor(question, strings, {
      ask: actions.edit,
      leave() {
        editor.replaceWith(asked)
        editButton.focus()
      },
    })
    asked.replaceWith(editor)
    editor.querySelector('textarea')?.focus()
  })
  setRating(undefined)

  const view: TurnView = {
    element,
    text: body,
    setState(now) {
      state = now
      const open = state === 'waiting' || state === 'flowing'
      answer.dataset.state = state
      body.ariaBusy = String(open)
      showTools()
      if (!open) text.end()
    },
    clear() {
      source = ''
      text.clear()
      note.hidden = true
    },
    append(more) {
      source += more
      text.append(more)
    },
    shorten(beginning) {
      source = beginning
      text.shorten(beginning)
      showTools()
    },
    setWaited: (ms) => say(waitingLine(ms, strings)),
    setReading(reading, ended) {
      say(reading ? speedLine(reading, ended, strings) : '')
      speedButton.hidden = speed.textContent === ''
    },
    setReconnecting(now) {
      reconnecting.hidden = !now
      speed.hidden = now
      answer.classList.toggle('cut-off', now)
    },
    setNote(name) {
      note.textContent = noteWords(strings)[name]
      note.hidden = false
    },
    setRating,
    setLeftOut(now) {
      leftOut.hidden = !now
    },
    setLatest(now) {
      isLatest = now
      showTools()
      // A turn that is not the latest can't be retried.
      if (!now) hideTrouble()
    },
    showTrouble(reason, retry) {
      hideTrouble()
      trouble = createTroubleCard(explainTrouble(reason, strings), strings, retry, actions.startOver)
      answer.append(trouble.element)
    },
    hideTrouble,
    remove() {
      hideTrouble()
      element.remove()
    },
  }
  return view
}

/**
 * Shows the result for a moment. It is the accessible name, too: the button has the focus, so it is
 * announced.
 */
function confirm(button: HTMLButtonElement, sign: 'done' | 'close', words: string): void {
  if (button.dataset.sign) return
  const { ariaLabel, title } = button
  const before = [...button.childNodes]
  button.dataset.sign = sign
  button.ariaLabel = button.title = words
  button.replaceChildren(icon(sign))
  setTimeout(() => {
    delete button.dataset.sign
    button.ariaLabel = ariaLabel
    button.title = title
    button.replaceChildren(...before)
  }, DONE_MS)
}
