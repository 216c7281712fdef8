/**
 * The rows of a table that grows. A browser lays out all of a table when a part of it changes, so a long one grows by
 * several rows at a time, by a part of its length: then it costs no more than its length. And its rows are in groups: one
 * whose rows are as high and wide as before is passed over as one.
 */

/** Of so many rows one may be waiting. */
const SHOWN_PER_WAITING = 32
/** In a group. */
const GROUP_ROWS = 24

export interface Rows {
  add(row: Element): void
  /** Shows all of them. */
  end(): void
}

export function createRows(table: Element): Rows {
  let waiting: Element[] = []
  let group: Element | undefined
  let count = 0

  function show(): void {
    for (const row of waiting) {
      if (!group || group.childElementCount === GROUP_ROWS) {
        group = document.createElement('tbody')
        table.append(group)
      }
      group.append(row)
    }
    waiting = []
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
