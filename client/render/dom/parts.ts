/**
 * The children of an element that may get many. Each time one of them changes, a browser goes through all of them, so each
 * word of a long answer would cost more than the one before. From a certain number on they are therefore put into parts of
 * that many, and the finished parts are passed over as one.
 */
import { Cursor } from './cursor.ts'

/** Neither many children nor many parts: about the square root of what a very long answer has. */
export const PART_CHILDREN = 24

export class Parts {
  /** Whose items are items to a screen reader in whatever they are. */
  readonly #list: Element | undefined
  #inPart = false
  #children = 0

  constructor(list?: Element) {
    this.#list = list
  }

  /** A child comes. @returns where it is written: at `cursor`, or in a part that begins here */
  next(cursor: Cursor): Cursor {
    const { last } = cursor
    this.#children++
    // What is under a heading stays with it.
    if (this.#children <= PART_CHILDREN || /^H\d$/.test(last?.nodeName ?? '')) return cursor
    cursor.trim()
    const part = document.createElement('div')
    part.className = 'part'
    if (this.#list) {
      this.#list.role = 'list'
      part.role = 'presentation'
    }
    // Found by what was written last: that may have been moved to another element since.
    const before = this.#inPart ? last?.parentElement : last
    before?.after(part)
    this.#inPart = true
    this.#children = 1
    return new Cursor(part)
  }

  /** The child that came is this element. */
  came(element: Element): void {
    if (this.#list && this.#inPart) element.role = 'listitem'
  }
}
