/** Puts the buttons that run it on each block of code that can be run. Nothing runs without a click. */
import type { Strings } from '../widget/strings/en.ts'
import { adopt } from '../widget/style/adopt.ts'
import { create } from '../widget/view/element.ts'
import type { Kind } from './messages.ts'
import styles from './run.css?inline'
import { runWords } from './run-words.ts'
import { kindOf } from './runnable.ts'
import { type Run, runCode } from './runner.ts'

export interface CodeRunOptions {
  /** Where the blocks are. */
  tree: Document | ShadowRoot
  endpoint: string
  strings: Strings
  language: string
}

/** @param body an answer's rendered text, which is whole. A block that has its buttons keeps them */
export function offerRuns(body: Element, options: CodeRunOptions): void {
  adopt(options.tree, [styles])
  for (const block of body.querySelectorAll('.code')) {
    const kind = kindOf(block)
    if (kind && !block.querySelector('.run-button')) offerRun(block, kind, options)
  }
}

function offerRun(block: Element, kind: Kind, { endpoint, strings, language }: CodeRunOptions): void {
  const code = block.querySelector('code')
  const bar = block.querySelector('.code-bar')
  const start = create(
    'button',
    { type: 'button', class: 'run-button', part: 'run-code' },
    kind === 'python' ? strings.run : strings.preview,
  )
  const close = create('button', { type: 'button', part: 'close-output', hidden: true }, strings.closeOutput)
  const place = create('div', { class: 'output', part: 'output', hidden: true })
  let run: Run | undefined
  let isRunning = false

  function show(running: boolean): void {
    isRunning = running
    start.textContent = running ? strings.stopRun : kind === 'python' ? strings.run : strings.preview
    // A preview goes on until it is closed.
    start.hidden = running && kind !== 'python'
    close.hidden = run === undefined
    place.hidden = run === undefined
  }

  start.addEventListener('click', () => {
    if (isRunning) {
      run?.stop()
      return
    }
    run?.remove()
    place.hidden = false
    run = runCode(place, {
      endpoint,
      kind,
      code: code?.textContent ?? '',
      title: strings.output,
      words: runWords(strings),
      language,
      ended: () => show(false),
    })
    show(true)
    if (start.hidden) close.focus()
    place.scrollIntoView({ block: 'nearest' })
  })
  close.addEventListener('click', () => {
    const ended = run
    run = undefined
    ended?.remove()
    show(false)
    start.focus()
  })
  bar?.lastElementChild?.before(start, close)
  block.append(place)
}
