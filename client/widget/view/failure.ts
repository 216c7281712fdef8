/** What stands above the question box where the widget's other parts could not be loaded. */
import type { Strings } from '../strings/en.ts'
import { create } from './element.ts'

export function createFailure(strings: Strings, retry: () => void): HTMLElement {
  const button = create('button', { type: 'button', class: 'solid' }, strings.retry)
  const element = create(
    'div',
    { class: 'failure', role: 'alert' },
    create('p', {}, `${strings.offline}${strings.fullStop} ${strings.offlineAdvice}`),
    button,
  )
  button.addEventListener('click', () => {
    element.remove()
    retry()
  })
  return element
}
