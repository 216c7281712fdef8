/**
 * The rows of a growing table.
 *
 * A browser lays out a whole table when a part of it changes. Rows are therefore shown in batches that are a
 * fraction of the rows so far, which makes the total cost linear. Rows are in groups: a group whose rows keep
 * their size is visited as one. From a certain length on the column widths are fixed, because a wider cell
 * would lay out all rows again and move them while they are read.
 */
import { PART_CHILDREN } from './parts.ts'

/** One in this many rows may be waiting. */
const SHOWN_PER_WAITING = 32
/** Number of rows from which on the column widths are fixed. */
const SETTLED_ROWS = 96

export interface Rows {
  add(row: Element): void
  /** Shows the rows that are waiting. */
  end(): void
}

export function createRows(table: HTMLTableElement): Rows {
  let waiting: Element[] = []
  let group: Element | undefined
  let count = 0
  let settled = false

  function show(): void {
    for (const row of waiting) {
      if (!group || group.childElementCount === PART_CHILDREN) {
        group = document.createElement('tbody')
        table.append(group)
      }
      group.append(row)
    }
    waiting = []
    if (!settled && count >= SETTLED_ROWS) settled = settleColumns(table)
  }
  return {
    add(row) {
      waiting.push(row)
      count++
      if (waiting.length * SHOWN_PER_WAITING >= count) show()
    },
    end: show,
  }
}

/** @returns whether the widths were fixed: a table that is not displayed has none */
function settleColumns(table: HTMLTableElement): boolean {
  const header = [...(table.rows[0]?.cells ?? [])]
  const widths = header.map((cell) => cell.getBoundingClientRect().width)
  const whole = table.getBoundingClientRect().width
  if (whole === 0) return false
  table.className = 'settled'
  table.style.width = `${whole}px`
  for (const [index, cell] of header.entries()) cell.style.width = `${widths[index]}px`
  return true
}
