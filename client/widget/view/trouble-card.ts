/** An error and its remedy: retry, wait and retry, enter an access key, or begin a new conversation. */
import { copyText } from '../../render/dom/copy-text.ts'
import type { Strings } from '../strings/en.ts'
import { fill } from '../strings/fill.ts'
import { waitLine } from '../strings/wait-line.ts'
import { create } from './element.ts'
import type { Explanation } from './explain-trouble.ts'

export interface TroubleCard {
  element: HTMLElement
  /** Removes the card and stops the countdown. */
  remove(): void
}

/**
 * @param retry called when the reader asks again, with the access key if one was entered
 * @param startOver called when the reader wants a new conversation; omitted where there are none
 */
export function createTroubleCard(
  explanation: Explanation,
  strings: Strings,
  retry: (key?: string) => void,
  startOver?: () => void,
): TroubleCard {
  const { title, advice, kept, key, isLimit, details } = explanation
  const element = create(
    'section',
    {
      class: 'trouble-card',
      part: 'trouble',
      'data-tone': key === 'asked' ? 'ask' : isLimit ? 'wait' : 'broken',
    },
    create('h4', {}, title),
    create('p', { class: 'advice' }, advice),
  )
  if (kept !== '') element.append(create('p', {}, kept))
  let stopCountdown = () => {}
  if (key === 'asked') element.append(keyForm(strings, retry))
  if (explanation.retry !== '') {
    const button = create('button', { type: 'button', class: 'solid retry', part: 'retry' })
    button.addEventListener('click', () => retry())
    element.append(button)
    stopCountdown = countDown(button, explanation, strings)
  }
  if (explanation.startOver && startOver) {
    const button = create(
      'button',
      { type: 'button', class: 'solid retry', part: 'retry' },
      strings.newConversation,
    )
    button.addEventListener('click', startOver)
    element.append(button)
  }
  if (key === 'taken') {
    element.append(create('details', {}, create('summary', {}, strings.haveKey), keyForm(strings, retry)))
  }
  if (details.length > 0) element.append(reportDetails(details, strings))
  return {
    element,
    remove() {
      stopCountdown()
      element.remove()
    },
  }
}

function keyForm(strings: Strings, use: (key: string) => void): HTMLFormElement {
  const input = create('input', {
    type: 'password',
    name: 'key',
    autocomplete: 'off',
    spellcheck: 'false',
    required: true,
  })
  const form = create(
    'form',
    { class: 'key-form' },
    create('label', {}, create('span', {}, strings.accessKey), input),
    create('button', { type: 'submit', class: 'solid' }, strings.useKey),
  )
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const key = input.value.trim()
    if (key !== '') use(key)
  })
  return form
}

/** What a report to the site's owner needs, and the reader does not. */
function reportDetails(lines: readonly string[], strings: Strings): HTMLElement {
  const text = create('p', { class: 'report', dir: 'auto' }, lines.join('\n'))
  const copy = create('button', { type: 'button', class: 'quiet' }, strings.copyCode)
  copy.addEventListener('click', async () => {
    copy.textContent = (await copyText(text.textContent, text)) ? strings.copied : strings.notCopied
  })
  return create('details', { class: 'more' }, create('summary', {}, strings.details), text, copy)
}

/**
 * Disables the button until the wait is over, and shows the remaining time; if the advice says when that is,
 * there is no button until then. Returns a function that stops the countdown.
 */
function countDown(
  button: HTMLButtonElement,
  { retry, waitMs, saysWhen }: Explanation,
  strings: Strings,
): () => void {
  // Uses the wall clock: a monotonic one may stop while the machine sleeps, and a daily limit is waited for
  // overnight.
  const until = Date.now() + waitMs
  const show = () => {
    const left = until - Date.now()
    button.disabled = left > 0
    button.hidden = saysWhen && left > 0
    const line = left > 0 ? fill(strings.retryIn, { wait: waitLine(left, strings) }) : retry
    if (button.textContent !== line) button.textContent = line
    if (left <= 0) clearInterval(timer)
  }
  const timer = setInterval(show, 250)
  show()
  return () => clearInterval(timer)
}
