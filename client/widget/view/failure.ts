/** Shown above the question box when the conversation's code could not be loaded or started. */
import type { StringsAtLoad } from '../strings/at-load.ts'
import { create } from './element.ts'

/** The name of the text that explains it. */
export type FailureKind = 'offline' | 'wrongHere'

export function createFailure(kind: FailureKind, strings: StringsAtLoad, retry: () => void): HTMLElement {
  return notice(`${strings[kind]}${strings.fullStop} ${strings[`${kind}Advice`]}`, strings.retry, retry)
}

/** Shown there while a question waits for a network to load the conversation's code. */
export function createWaiting(strings: StringsAtLoad, cancel: () => void): HTMLElement {
  return notice(strings.offlineWaits, strings.cancel, cancel)
}

function notice(words: string, label: string, pressed: () => void): HTMLElement {
  const button = create('button', { type: 'button', class: 'solid' }, label)
  button.addEventListener('click', pressed)
  return create('div', { class: 'failure', role: 'alert' }, create('p', {}, words), button)
}

/**
 * [spec] Fetch and `import()` reject with a `TypeError` if nothing arrived. `loadDeployed` puts that into
 * `cause`.
 */
export function loadingFailure(error: unknown): FailureKind {
  const cause = error instanceof Error && error.cause
  return (cause || error) instanceof TypeError ? 'offline' : 'wrongHere'
}
