/**
 * The rows of a table that grows. A browser lays out all of a table when a part of it changes, so a long one grows by
 * several rows at a time, by a part of its length: then it costs no more than its length. Its rows are in groups: one whose
 * rows are as high and wide as before is passed over as one. And its columns hold still in the end: a cell that widened one
 * would have all of them laid out anew, and move under the reader's eyes.
 */
import { PART_CHILDREN } from './parts.ts'

/** Of so many rows one may be waiting. */
const SHOWN_PER_WAITING = 32
/** From so many on the columns stay as wide as they are. */
const SETTLED_ROWS = 96

export interface Rows {
  add(row: Element): void
  /** Shows all of them. */
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

/** @returns whether it could be done: what isn't shown has no width */
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
