/** Writes the tables of docs/PERFORMANCE.md from results.json, so that no figure is typed by hand. */
import { fillPage } from '../../scripts/fill-page.ts'
import type { Results } from './results.ts'
import { goalsOf, tableOf } from './table.ts'
import { table as tableOfTokens } from './tokens.ts'

const BEGIN = '<!-- bench: made by `npm run bench` from test/bench/results.json -->'
const END = '<!-- /bench -->'

/** The title for rows whose names begin with one of these; the first match counts. */
const SECTIONS: [title: string, ...names: string[]][] = [
  ['What a token and an answer cost', 'CPU'],
  ['First token', 'first token'],
  ['From token to token', 'crossing', 'added gap', 'at saturation'],
  ['Many streams at once', '1,000 open', '200 streams', '18 bodies', '100 bodies'],
  ['Durable streams', 'replay', 'rows written'],
  ['A second upstream', 'a second upstream'],
  ['Sizes and start', 'Worker bundle', 'packed ranks', 'client: widget.js', 'client: index.html', 'start'],
]

/** @throws {Error} where the page has no place for the tables */
export function writePage(results: Results): void {
  fillPage('PERFORMANCE.md', [{ begin: BEGIN, end: END, text: tablesOf(results) }])
}

export function tablesOf({ machine, rows, tokens }: Results): string {
  const { date, cores, cpu, node, workerd } = machine
  const left = new Set(rows)
  const sections = SECTIONS.map(([title, ...names]) => {
    const own = [...left].filter(({ name }) => names.some((each) => name.startsWith(each)))
    for (const row of own) left.delete(row)
    return own.length > 0 ? [`### ${title}`, tableOf(own)] : []
  })
  return [
    `Measured on ${date.slice(0, 10)}: ${cores} cores of ${cpu}, Node ${node}, workerd ${workerd}.`,
    ...sections.flat(),
    ...(tokens.length > 0 ? ['### Token counter', tableOfTokens(tokens)] : []),
    '### Goals',
    goalsOf(rows),
  ].join('\n\n')
}
