/** What stands above the question box where the widget's other parts could not be loaded, or begun with. */
import type { Strings } from '../strings/en.ts'
import { create } from './element.ts'

/** By the name of the text that says it. */
export type FailureKind = 'offline' | 'wrongHere'

export function createFailure(kind: FailureKind, strings: Strings, retry: () => void): HTMLElement {
  const button = create('button', { type: 'button', class: 'solid' }, strings.retry)
  button.addEventListener('click', retry)
  return create(
    'div',
    { class: 'failure', role: 'alert' },
    create('p', {}, `${strings[kind]}${strings.fullStop} ${strings[`${kind}Advice`]}`),
    button,
  )
}

/** [spec] Fetch and `import()`: a `TypeError` where nothing came. load-deployed.ts has it as the cause of its own. */
export function loadingFailure(error: unknown): FailureKind {
  const cause = error instanceof Error && error.cause
  return (cause || error) instanceof TypeError ? 'offline' : 'wrongHere'
}
