/**
 * What stands between the lanes: how much sooner the first words came, while the race runs and at its end.
 */
import { cloneTemplate, findElement } from '../find-element.ts'
import { headline, type Progress, runningVerdict, speedWords, totals } from './figures.ts'
import type { RaceRecord } from './record.ts'

export interface Verdict {
  element: HTMLElement
  /** Before a race, and after one that was not finished. */
  reset(): void
  run(progress: Progress): void
  show(record: RaceRecord): void
}

export function createVerdict(): Verdict {
  const element = cloneTemplate('verdict-template')
  const title = findElement(element, '.headline', HTMLElement)
  const text = findElement(element, '.details', HTMLElement)
  const badge = findElement(element, '.speed-badge', HTMLElement)

  function set(state: 'open' | 'running' | 'decided', words: [string, string], speed = ''): void {
    element.dataset.state = state
    for (const [index, part] of [title, text].entries()) {
      const now = words[index] ?? ''
      if (part.textContent !== now) part.textContent = now
    }
    badge.textContent = speed
    badge.hidden = speed === ''
  }

  function reset(): void {
    set('open', ['Which can be read first?', 'Both questions leave at the same moment.'])
  }

  reset()
  return {
    element,
    reset,
    run: (progress) => set('running', runningVerdict(progress)),
    show: (record) => set('decided', [headline(record), totals(record)], speedWords(record)),
  }
}
