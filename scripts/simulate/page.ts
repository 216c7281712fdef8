/** Writes tables into docs/SCALE.md, between their markers, and plots into docs/pictures. */
import { readFileSync, writeFileSync } from 'node:fs'
import { ROOT } from '../bundle.ts'

const PAGE = `${ROOT}docs/SCALE.md`

export type Filled = { text: string } & ({ table: string } | { plot: string })

/** @throws {Error} where the page has no place for a table */
export function fillPage(filled: readonly Filled[]): void {
  let page = readFileSync(PAGE, 'utf8')
  for (const each of filled) {
    if ('plot' in each) writeFileSync(`${ROOT}docs/pictures/${each.plot}.svg`, each.text)
    else page = fillTable(page, each.table, each.text)
  }
  writeFileSync(PAGE, page)
}

export function fillTable(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- simulate: ${name} -->`, `<!-- /${name} -->`]
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${PAGE} has no “${begin}” before a “${end}”.`)
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`
}
