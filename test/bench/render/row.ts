/** The results of the rendering bench, and their table. */
export const NAMES = ['millrace', 'streaming-markdown', 'marked', 'deep-chat'] as const
export type Name = (typeof NAMES)[number]

export interface Row {
  name: string
  unit: string
  figures: Partial<Record<Name, number>>
  /** For figures of only a part of the text, because all of it took too long: which part. */
  parts?: Partial<Record<Name, number>>
  /** Millrace's goal: at most this share of the best of the others, or a figure. */
  goal?: { ofBest: number } | number
}

function isMet({ figures, goal }: Row): boolean | undefined {
  const { millrace = Number.NaN, ...others } = figures
  if (goal === undefined) return undefined
  return millrace <= (typeof goal === 'number' ? goal : goal.ofBest * Math.min(...Object.values(others)))
}

export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map((row) => [
    `${row.name}, ${row.unit}`,
    ...NAMES.map((name) => cellOf(row, name)),
    goalOf(row),
  ])
  return [['', ...NAMES, 'goal'], ['---', ...NAMES.map(() => '--:'), '---'], ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}

/** The figure, and its ratio to the best of the others. */
function cellOf({ figures, parts, goal }: Row, name: Name): string {
  const { millrace, ...others } = figures
  const figure = figures[name]
  if (figure === undefined) return ''
  const part = parts?.[name]
  if (part !== undefined) return `> ${rounded(figure)} (for ${(part * 100).toFixed(0)} %)`
  if (typeof goal !== 'object') return rounded(figure)
  return `${rounded(figure)} (${rounded(figure / Math.min(...Object.values(others)))}×)`
}

function goalOf(row: Row): string {
  const { goal } = row
  if (goal === undefined) return ''
  const most = typeof goal === 'number' ? goal : `${goal.ofBest} × the best of the others`
  return `≤ ${most}: ${isMet(row) ? 'met' : 'MISSED'}`
}

/** Three digits, and more only before the point. */
function rounded(figure: number): string {
  return figure >= 100 ? Math.round(figure).toLocaleString('en') : String(Number(figure.toPrecision(3)))
}
