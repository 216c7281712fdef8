/** The lines of a table. [gfm] 4.10 */

export type Alignment = 'left' | 'center' | 'right' | ''

const DELIMITER = /^:?-+:?$/
/** Also over what ends a line in Unicode and none in Markdown. */
const CELL = /((?:\\.|[^\\|]|\\$)*)(?:\||$)/gs

/**
 * The row of dashes under a table's header.
 *
 * @returns `undefined` if the line is none. One without any `|` isn't, nor one that reads like a list's item.
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

/** The cells' Markdown. A `|` in one is written `\|`, in code too. */
export function splitRow(line: string): string[] {
  const cells = Array.from(line.trim().replace(/^\|/, '').matchAll(CELL), ([, cell = '']) => cell)
  // After the `|` at the end comes none.
  if (cells.at(-1) === '') cells.pop()
  return cells.map((cell) => cell.trim().replaceAll('\\|', '|'))
}
