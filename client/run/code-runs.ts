/** The buttons that run code, and the place of its output. Nothing runs without a click. */
import type { Strings } from '../widget/strings/en.ts'
import { adopt } from '../widget/style/adopt.ts'
import { create } from '../widget/view/element.ts'
import type { Kind } from './messages.ts'
import styles from './run.css?inline'
import { runWords } from './run-words.ts'
import { kindOf } from './runnable.ts'
import { type Run, runCode } from './runner.ts'

export interface CodeRunOptions {
  /** Where the code is. */
  tree: Document | ShadowRoot
  endpoint: string
  strings: Strings
  language: string
}

export interface CodeRun {
  /** Starts it, and stops it while it runs. */
  start: HTMLButtonElement
  close: HTMLButtonElement
  /** Of the output. */
  place: HTMLElement
  /** Ends it, and removes its output. */
  remove(): void
}

/**
 * Puts the buttons on each block of code that can be run.
 *
 * @param body an answer's rendered text, which is whole. A block that has its buttons keeps them
 */
export function offerRuns(body: Element, options: CodeRunOptions): void {
  for (const block of body.querySelectorAll('.code')) {
    const kind = kindOf(block)
    const code = block.querySelector('code')
    if (!kind || !code || block.querySelector('.run-button')) continue
    const { start, close, place } = createCodeRun(kind, code, options)
    start.addEventListener('click', () => letEdit(code, options.strings.code), { once: true })
    block.querySelector('.code-bar')?.lastElementChild?.before(start, close)
    block.append(place)
  }
}

/** @param code the element whose text is run, as it is when the button is pressed */
export function createCodeRun(kind: Kind, code: Element, options: CodeRunOptions): CodeRun {
  const { tree, endpoint, strings, language } = options
  const isPython = kind === 'python'
  const name = isPython ? strings.run : strings.preview
  const start = create('button', { type: 'button', class: 'run-button', part: 'run-code' }, name)
  const close = create('button', { type: 'button', part: 'close-output', hidden: true }, strings.closeOutput)
  const place = create('div', { class: 'run-output', part: 'output', hidden: true })
  let run: Run | undefined

  function show(isRunning: boolean): void {
    start.textContent = isRunning ? strings.stopRun : name
    // A preview goes on until it is closed.
    start.hidden = isRunning && !isPython
    close.hidden = place.hidden = run === undefined
  }

  function begin(): void {
    run?.remove()
    run = runCode(place, {
      endpoint,
      kind,
      code: code.textContent,
      title: strings.output,
      words: runWords(strings),
      language,
      ended: () => show(false),
    })
    show(true)
    if (start.hidden) close.focus()
    place.scrollIntoView({ block: 'nearest' })
  }

  function remove(): void {
    const ended = run
    run = undefined
    ended?.remove()
    show(false)
  }

  adopt(tree, [styles])
  keepInView(place)
  start.addEventListener('click', () => (run?.isRunning ? run.stop() : begin()))
  close.addEventListener('click', () => {
    remove()
    start.focus()
  })
  return { start, close, place, remove }
}

/** Code that has been run can be changed and run again. The conversation keeps what the model wrote. */
function letEdit(code: HTMLElement, label: string): void {
  try {
    code.contentEditable = 'plaintext-only'
  } catch {
    // Firefox before 136: a paste could bring markup.
    return
  }
  code.role = 'textbox'
  code.ariaMultiLine = 'true'
  code.ariaLabel = label
  code.spellcheck = false
  code.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return
    // Leaves the code, and not the panel.
    event.stopPropagation()
    event.preventDefault()
    code.blur()
  })
}

/** An output that grows stays in view, unless the reader has left it. */
function keepInView(place: HTMLElement): void {
  let isSeen = false
  new IntersectionObserver(([entry]) => {
    isSeen = entry?.isIntersecting ?? false
  }).observe(place)
  new ResizeObserver(() => {
    if (isSeen && !place.hidden) place.scrollIntoView({ block: 'nearest' })
  }).observe(place)
}
