/**
 * The rows of a table that grows. A browser lays out all of a table when a part of it changes, so a long one grows by
 * several rows at a time, by a part of its length: then it costs no more than its length.
 */

/** Of so many rows one may be waiting. */
const SHOWN_PER_WAITING = 32

export interface Rows {
  add(row: Element): void
  /** Shows all of them. */
  end(): void
}

export function createRows(table: Element): Rows {
  const waiting = document.createDocumentFragment()
  let body: Element | undefined
  let count = 0

  function show(): void {
    if (waiting.firstChild === null) return
    if (!body) {
      body = document.createElement('tbody')
      table.append(body)
    }
    body.append(waiting)
  }
  return {
    add(row) {
      waiting.append(row)
      count++
      if (waiting.childNodes.length * SHOWN_PER_WAITING >= count) show()
    },
    end: show,
  }
}
