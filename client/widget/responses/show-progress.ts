/** Shows what a tool is doing, in one line: never its arguments. */
import type { Progress } from '../../stream/stream-format.ts'
import type { Strings } from '../strings/en.ts'
import { adopt } from '../style/adopt.ts'
import { create } from '../view/element.ts'
import styles from './progress.css?inline'

/** Longer ones are the model's notes to the search engine. */
const MAX_QUERY_CHARS = 120

/** @returns what it says now; '' if it said that already */
export function showProgress(
  line: HTMLElement,
  progress: Progress,
  { tree, strings }: { tree: ShadowRoot; strings: Strings },
): string {
  adopt(tree, [styles])
  const before = line.textContent
  line.replaceChildren(...wordsOf(progress, strings))
  line.hidden = false
  return line.textContent === before ? '' : line.textContent
}

function wordsOf({ kind, query = '' }: Progress, strings: Strings): (Node | string)[] {
  if (kind === 'documents') return [strings.searchingDocuments]
  if (kind === 'other') return [strings.usingTool]
  if (query === '') return [strings.searchingWeb]
  const [before = '', after = ''] = strings.searchingWebFor.split('{query}')
  const shown = query.length > MAX_QUERY_CHARS ? `${query.slice(0, MAX_QUERY_CHARS)}…` : query
  return [before, create('em', { dir: 'auto' }, shown), after]
}
