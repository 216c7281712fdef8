/** What went wrong, and what to do: try again, wait and try again, or enter an access key. */
import { rememberAccessKey } from './access-key.ts'
import type { Explanation } from './explain-error.ts'
import { copyOf, part } from './part.ts'

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

  element.dataset.tone = explanation.needsKey ? 'ask' : 'broken'

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
  const until = performance.now() + waitMs
  const show = () => {
    const left = Math.ceil((until - performance.now()) / 1000)
    button.disabled = left > 0
    button.textContent = left > 0 ? `${words} in ${left} s` : words
    if (left <= 0) clearInterval(timer)
  }
  const timer = setInterval(show, 250)
  show()
  return () => clearInterval(timer)
}
