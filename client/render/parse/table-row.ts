/** The lines of a table. [gfm] 4.10 */

export type Alignment = 'left' | 'center' | 'right' | ''

const DELIMITER = /^:?-+:?$/
/** Also matches Unicode line separators, which are no line ends in Markdown. */
const CELL = /((?:\\.|[^\\|]|\\$)*)(?:\||$)/gs

/**
 * Reads the row of dashes below a table's header.
 *
 * @returns `undefined` if the line is no such row: it has no `|`, or reads like a list item
 */
export function readDelimiters(line: string): Alignment[] | undefined {
  if (!line.includes('|') || /^-[ \t]/.test(line)) return undefined
  const cells = splitRow(line)
  if (cells.length === 0 || !cells.every((cell) => DELIMITER.test(cell))) return undefined
  return cells.map((cell) => {
    const left = cell.startsWith(':')
    if (cell.endsWith(':')) return left ? 'center' : 'right'
    return left ? 'left' : ''
  })
}

/** The cells' Markdown. `\|` stands for `|`, in code too. */
export function splitRow(line: string): string[] {
  const cells = Array.from(line.trim().replace(/^\|/, '').matchAll(CELL), ([, cell = '']) => cell)
  // The `|` at the end of the row starts no cell.
  if (cells.at(-1) === '') cells.pop()
  return cells.map((cell) => cell.trim().replaceAll('\\|', '|'))
}
