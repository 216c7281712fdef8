/** Rows as a table in Markdown. */
import { NAMES } from './contestants.ts'
import { type Figures, type Row, verdicts } from './row.ts'

export function tableOf(all: Row[]): string {
  const rows = all.filter(({ figures }) => Object.keys(figures).length > 0)
  const notes = [...new Set(rows.flatMap(({ note }) => note ?? []))]
  const names = NAMES.filter((name) => rows.some(({ figures }) => figures[name] !== undefined))
  const lines = rows.map((row) => {
    const mark = row.note === undefined ? '' : ` (${notes.indexOf(row.note) + 1})`
    return [`${row.name}, ${row.unit}${mark}`, ...names.map((name) => cellOf(row, name)), goalOf(row)]
  })
  const table = [['', ...names, 'goal'], ...lines]
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((cells) => cells[column]?.length ?? 0)),
  )
  const line = (cells: string[]) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  const [head = [], ...body] = table
  return [line(head), rule, ...body.map(line), ...notes.map((note, i) => `\n(${i + 1}) ${note}`)].join('\n')
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
    .map(({ name, of, most, met }) => {
      const goal = { ratio: `≤ ${most}×`, added: `≤ +${most}`, figure: `≤ ${most}` }[of]
      return `${name} ${goal}: ${met ? 'met' : 'MISSED'}`
    })
    .join('; ')
}

/** Three digits, and more only before the point. */
function rounded(figure = Number.NaN): string {
  return figure >= 100 ? Math.round(figure).toLocaleString('en') : String(Number(figure.toPrecision(3)))
}
