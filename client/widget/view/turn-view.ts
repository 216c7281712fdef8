/** The view of one question and its answer. */
import { copyText } from '../../render/dom/copy-text.ts'
import { withoutCitationMarks } from '../../render/parse/citation-marks.ts'
import type { Reading } from '../../stream/meter.ts'
import type { Progress, Source } from '../../stream/stream-format.ts'
import { loadPictures } from '../pictures/load-part.ts'
import type { CitedText } from '../responses/cited-text.ts'
import { loadResponses } from '../responses/load-part.ts'
import type { Strings } from '../strings/en.ts'
import type { Language } from '../strings/load-strings.ts'
import { noteWords } from '../strings/note-words.ts'
import type { Note, Turn } from '../talk/conversation.ts'
import type { Trouble } from '../talk/trouble.ts'
import { type AnswerText, createAnswerText } from './answer-text.ts'
import { create, icon, iconButton } from './element.ts'
import { explainTrouble } from './explain-trouble.ts'
import { createQuestionEditor } from './question-editor.ts'
import { speedLine } from './speed-line.ts'
import { createTroubleCard, type TroubleCard } from './trouble-card.ts'

/** Shown by the line of water beside the answer: still, flowing, shut off, broken off. */
type AnswerState = 'waiting' | 'flowing' | 'done' | 'stopped' | 'withheld' | 'failed'

/** What an answer without text waits for: that the visitor proves to be a person, or the model. */
export type Awaited = 'check' | 'answer'

export interface TurnActions {
  /** Asks the same question again. */
  again(): void
  /** Asks an edited question. @returns whether it is asked */
  edit(question: string): boolean
  /** Takes back a question that waits for a network. */
  withdraw(): void
  rate(rating: 'up' | 'down' | undefined): void
  /** Begins a new conversation with this question. */
  startOver(): void
}

export interface TurnView {
  element: HTMLElement
  /** The element with the answer's text. */
  text: HTMLElement
  /** Resolves once the text is shown as it comes: what renders it is loaded later than an answer may end. */
  rendered: Promise<void>
  setState(state: AnswerState): void
  /** Removes the text of an earlier attempt. */
  clear(): void
  append(text: string): void
  /** Keeps only this beginning of the text, when the rest was retracted. */
  shorten(text: string): void
  setSources(sources: readonly Source[]): void
  /** Shows what a tool does, until text comes. @returns what it says, unless it says so already */
  setProgress(progress: Progress): Promise<string>
  spokenSources(): string
  setAwaited(awaited: Awaited): void
  setReading(reading: Reading | undefined, ended: boolean): void
  /** Shown in place of the speed unless `open`. `offline`: the question is not sent yet. */
  setConnection(connection: 'open' | 'lost' | 'offline'): void
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
  language: Language
  strings: Strings
  imageOrigins: readonly string[]
  math: boolean
  /** Called after each paint of the answer. */
  painted(view: TurnView): void
  /** Called with the text of an answer that is whole, after each paint of it. */
  whole: ((body: HTMLElement) => void) | undefined
}

/** How long a button shows its result. */
const DONE_MS = 2_000

export function createTurnView(
  { question, pictures }: Turn,
  actions: TurnActions,
  { tree, language, strings, imageOrigins, math, painted, whole }: TurnOptions,
): TurnView {
  const action = (name: Parameters<typeof iconButton>[0], label: string, of = name as string) =>
    iconButton(name, label, { part: 'action', class: `action ${of}` })

  const heading = create('h3', { class: 'question', part: 'question', dir: 'auto' }, question)
  const editButton = action('edit', strings.edit)
  const asked = create('div', { class: 'asked' }, heading, editButton)
  const leftOut = create('p', { class: 'left-out', hidden: true }, strings.olderLeftOut)
  const body = create('div', { class: 'text markdown', part: 'text' })
  const progress = create('p', { class: 'progress', hidden: true })
  const note = create('p', { class: 'note', hidden: true })
  const speed = create('p', { class: 'speed' })
  const unconnected = create('p', { class: 'reconnecting' })
  const withdraw = create('button', { type: 'button', class: 'quiet' }, strings.cancel)
  const connection = create('div', { class: 'connection', hidden: true }, unconnected, withdraw)
  const copy = action('copy', strings.copyAnswer)
  const again = action('again', strings.regenerate)
  const up = action('up', strings.goodAnswer, 'rate-up')
  const down = action('up', strings.badAnswer, 'rate-down')
  const tools = create('div', { class: 'tools', hidden: true }, copy, again, up, down)
  const answer = create(
    'div',
    { class: 'answer', part: 'answer' },
    body,
    progress,
    note,
    speed,
    connection,
    tools,
  )
  const element = create('article', { class: 'turn', part: 'turn' }, leftOut, asked, answer)
  if (pictures) {
    // Where the page blocks the part, the question is shown without its pictures.
    loadPictures().then(
      (part) => asked.before(part.createThumbnails(pictures, { tree, strings })),
      () => {},
    )
  }
  let trouble: TroubleCard | undefined
  let source = ''
  let sources: readonly Source[] = []
  let state: AnswerState | undefined
  let isLatest = false
  let rating: 'up' | 'down' | undefined

  const { promise: rendered, resolve } = Promise.withResolvers<void>()
  let isRendered = false
  let cited: CitedText | undefined
  let text: AnswerText = createAnswerText(body, {
    tree,
    strings,
    imageOrigins,
    math,
    painted() {
      painted(view)
      if (state === 'done') whole?.(body)
    },
    rendered() {
      isRendered = true
      showBusy()
      resolve()
    },
    createMark: (number) => cited?.createMark(number) ?? create('sup'),
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
    const isOver = state !== undefined && !isOpen()
    copy.hidden = source === ''
    up.hidden = down.hidden = source === '' || state === 'withheld'
    again.hidden = !isLatest
    tools.hidden = !isOver || (source === '' && (state === 'failed' || !isLatest))
  }

  function isOpen(): boolean {
    return state === 'waiting' || state === 'flowing'
  }

  function showBusy(): void {
    body.ariaBusy = String(isOpen() || !isRendered)
  }

  function hideProgress(): void {
    progress.hidden = true
    progress.replaceChildren()
  }

  /** Also when the sources have come later than the end. */
  function showState(): void {
    if (state === undefined || isOpen()) return
    hideProgress()
    text.end()
  }

  copy.addEventListener('click', async () => {
    const copied = await copyText(cited?.copy() ?? withoutCitationMarks(source), body)
    confirm(copy, copied ? 'done' : 'close', copied ? strings.copied : strings.notCopied)
  })
  again.addEventListener('click', actions.again)
  withdraw.addEventListener('click', actions.withdraw)
  up.addEventListener('click', () => rate('up'))
  down.addEventListener('click', () => rate('down'))
  editButton.addEventListener('click', () => {
    const editor = createQuestionEditor(question, strings, {
      ask: actions.edit,
      leave() {
        editor.element.replaceWith(asked)
        editButton.focus()
      },
    })
    asked.replaceWith(editor.element)
    editor.open()
  })
  setRating(undefined)

  const view: TurnView = {
    element,
    text: body,
    rendered,
    setState(now) {
      state = now
      answer.dataset.state = state
      showBusy()
      showTools()
      showState()
    },
    clear() {
      source = ''
      sources = []
      text.clear()
      note.hidden = true
    },
    append(more) {
      source += more
      hideProgress()
      text.append(more)
    },
    shorten(beginning) {
      source = beginning
      text.shorten(beginning)
      showTools()
    },
    async setSources(now) {
      sources = now
      if (!cited && now.length > 0) {
        // Where the page blocks the part, the answer is shown without its sources.
        const part = await loadResponses().catch(() => undefined)
        if (!part) return
        if (!cited) text = cited = part.createCitedText(text, source, { tree, strings })
        progress.after(cited.element)
        showState()
      }
      cited?.cite(sources)
    },
    async setProgress(now) {
      const before = source
      const { showProgress } = await loadResponses()
      // Text that has come meanwhile has ended it.
      return isOpen() && source === before ? showProgress(progress, now, { tree, strings }) : ''
    },
    spokenSources: () => cited?.spoken() ?? '',
    setAwaited: (awaited) => say(awaited === 'check' ? strings.checking : strings.waiting),
    setReading(reading, ended) {
      say(reading ? speedLine(reading, ended, strings) : '')
    },
    setConnection(now) {
      if (connection.dataset.now === now) return
      connection.dataset.now = now
      connection.hidden = now === 'open'
      speed.hidden = now !== 'open'
      unconnected.textContent = now === 'offline' ? strings.offlineWaits : strings.reconnecting
      withdraw.hidden = now !== 'offline'
      answer.classList.toggle('cut-off', now !== 'open')
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
      const explanation = explainTrouble(reason, language, strings)
      trouble = createTroubleCard(explanation, strings, retry, actions.startOver)
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
