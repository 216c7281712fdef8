/** What went wrong, and what to do: try again, wait and try again, or enter an access key. */
import { rememberAccessKey } from './access-key.ts'
import type { Explanation } from './explain-error.ts'
import { copyOf, part } from './part.ts'
import { waitLine } from './wait-line.ts'

export interface TroubleCard {
  element: HTMLElement
  /** Stops the countdown. */
  remove(): void
}

/** @param retry called when the reader wants to try again, with the new key if one was asked for */
export function createTroubleCard(explanation: Explanation, retry: () => void): TroubleCard {
  const element = copyOf('trouble-template')
  part(element, 'h3', HTMLHeadingElement).textContent = explanation.title
  part(element, '.advice', HTMLElement).textContent = explanation.advice

  element.dataset.tone = explanation.needsKey ? 'ask' : explanation.isLimit ? 'wait' : 'broken'

  const button = part(element, '.retry', HTMLButtonElement)
  button.hidden = !explanation.retry
  button.addEventListener('click', retry)
  const stopCountdown = explanation.retry ? countDown(button, explanation.waitMs) : () => {}

  const form = part(element, '.key-form', HTMLFormElement)
  form.hidden = !explanation.needsKey
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const key = part(form, 'input', HTMLInputElement).value.trim()
    if (key === '') return
    rememberAccessKey(key)
    retry()
  })

  const reference = part(element, '.reference', HTMLElement)
  reference.hidden = explanation.reference === null
  reference.textContent = `Reference for whoever runs this page: ${explanation.reference}`

  return {
    element,
    remove() {
      stopCountdown()
      element.remove()
    },
  }
}

/** Holds the button until the wait is over, and says for how long. Returns what ends it early. */
function countDown(button: HTMLButtonElement, waitMs: number): () => void {
  const words = button.textContent
  // By the wall clock: the other one stands still while a machine sleeps, and a day's limit is waited for overnight.
  const until = Date.now() + waitMs
  const show = () => {
    const left = until - Date.now()
    button.disabled = left > 0
    const line = left > 0 ? `${words} in ${waitLine(left)}` : words
    if (button.textContent !== line) button.textContent = line
    if (left <= 0) clearInterval(timer)
  }
  const timer = setInterval(show, 250)
  show()
  return () => clearInterval(timer)
}
