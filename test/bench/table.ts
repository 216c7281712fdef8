/** Rows as a table in Markdown. */
import { markdownTable } from '../../scripts/markdown-table.ts'
import { NAMES } from './contestants.ts'
import { type Figures, type Goal, type Row, verdicts } from './row.ts'

export function tableOf(all: Row[]): string {
  const rows = all.filter(({ figures }) => Object.keys(figures).length > 0)
  const notes = [...new Set(rows.flatMap(({ note }) => note ?? []))]
  const names = NAMES.filter((name) => rows.some(({ figures }) => figures[name] !== undefined))
  const lines = rows.map((row) => {
    const mark = row.note === undefined ? '' : ` (${notes.indexOf(row.note) + 1})`
    return [`${row.name}, ${row.unit}${mark}`, ...names.map((name) => cellOf(row, name)), goalOf(row)]
  })
  const table = markdownTable(['', ...names, 'goal'], lines)
  return [table, ...notes.map((note, i) => `\n(${i + 1}) ${note}`)].join('\n')
}

function cellOf({ figures, toBare }: Row, name: keyof Figures): string {
  const figure = figures[name]
  if (figure === undefined) return ''
  if (toBare === undefined || name === 'bare') return rounded(figure)
  if ('ratio' in toBare) return `${rounded(figure)} (${rounded(toBare.ratio[name])}×)`
  const added = toBare.added[name] ?? Number.NaN
  return `${rounded(figure)} (${added < 0 ? '−' : '+'}${rounded(Math.abs(added))})`
}

function goalOf(row: Row): string {
  return verdicts(row)
    .map(({ name, met, ...goal }) => `${name} ${asked(goal)}: ${met ? 'met' : 'MISSED'}`)
    .join('; ')
}

/** One line for each goal of these rows: the goal, the result, and whether it is met. */
export function goalsOf(rows: Row[]): string {
  const lines = rows.flatMap((row) =>
    verdicts(row).map(({ name, reached, met, ...goal }) => [
      name,
      `${row.name}, ${row.unit}`,
      asked(goal),
      ofKind(goal.of, rounded(reached)),
      met ? 'met' : 'MISSED',
    ]),
  )
  return markdownTable(['', 'goal', 'at the most', 'reached', ''], lines, 2)
}

const asked = ({ of, most }: Goal) => `≤ ${ofKind(of, String(most))}`

function ofKind(of: Goal['of'], figure: string): string {
  if (of === 'added') return figure.startsWith('-') ? figure.replace('-', '−') : `+${figure}`
  return {
    ratio: `${figure}×`,
    tutorial: `${figure}× the tutorial way`,
    relay: `${figure}× the relay`,
    figure,
  }[of]
}

/** Three digits, and more only before the point. */
function rounded(figure = Number.NaN): string {
  return figure >= 100 ? Math.round(figure).toLocaleString('en') : String(Number(figure.toPrecision(3)))
}
