/** Writes tables into docs/SCALE.md, between their markers, and plots into docs/pictures. */
import { writeFileSync } from 'node:fs'
import { ROOT } from '../bundle.ts'
import { fillPage, type Part } from '../fill-page.ts'

export type Filled = { text: string } & ({ table: string } | { plot: string })

/** @throws {Error} where the page has no place for a table */
export function writeScalePage(filled: readonly Filled[]): void {
  for (const each of filled) {
    if ('plot' in each) writeFileSync(`${ROOT}docs/pictures/${each.plot}.svg`, each.text)
  }
  fillPage(
    'SCALE.md',
    filled.flatMap((each) => ('table' in each ? tablePart(each.table, each.text) : [])),
  )
}

export function tablePart(name: string, text: string): Part {
  return { begin: `<!-- simulate: ${name} -->`, end: `<!-- /${name} -->`, text }
}
