/**
 * The children of an element that may get many. Each time one of them changes, a browser goes through all of them, so each
 * word of a long answer would cost more than the one before. From a certain number on they are therefore put into parts of
 * that many, and the finished parts are passed over as one.
 */
import { Cursor } from './cursor.ts'
import { keepSelection } from './keep-selection.ts'

/** Neither many children nor many parts: the square root of what a very long answer has. */
const PART_CHILDREN = 24

export class Parts {
  readonly #parts: Element[] = []
  #children = 0

  /** A child comes. @returns where it is written: at `cursor`, or in a part that begins here */
  next(cursor: Cursor): Cursor {
    const full = this.#children >= PART_CHILDREN
    // What is under a heading stays with it.
    if (!full || /^H\d$/.test(cursor.last?.nodeName ?? '')) {
      this.#children++
      return cursor
    }
    cursor.trim()
    const part = document.createElement('div')
    part.className = 'part'
    // Found by what was written last: that may have been moved to another element since.
    const before = this.#parts.length > 0 ? cursor.last?.parentElement : cursor.last
    before?.after(part)
    this.#parts.push(part)
    this.#children = 1
    return new Cursor(part)
  }

  /** Nothing comes any more: all are children of the element itself. */
  end(): void {
    const element = this.#parts[0]?.parentElement
    if (!element) return
    keepSelection(element, () => {
      for (const part of this.#parts) part.replaceWith(...part.childNodes)
    })
  }
}
