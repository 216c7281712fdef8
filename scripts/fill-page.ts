/** Pages in docs/ that people write, except for the parts between two markers, which a script writes. */
import { readFileSync, writeFileSync } from 'node:fs'
import { ROOT } from './bundle.ts'

export interface Part {
  /** The markers, which stay. */
  begin: string
  end: string
  /** What stands between them from now on, in Markdown. */
  text: string
}

/**
 * @param name of a page in docs/
 * @throws {Error} where the page has no place for a part; then nothing is written
 */
export function fillPage(name: string, parts: readonly Part[]): void {
  const path = `${ROOT}docs/${name}`
  const filled = parts.reduce((page, part) => fillPart(page, part, path), readFileSync(path, 'utf8'))
  writeFileSync(path, filled)
}

/** @param name of the page, for the error */
export function fillPart(page: string, { begin, end, text }: Part, name = 'The page'): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${name} has no “${begin}” before a “${end}”.`)
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`
}
