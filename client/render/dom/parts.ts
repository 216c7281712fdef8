/**
 * Groups the children of an element that may get many.
 *
 * A browser visits all children of an element when one changes, so words of a long answer would cost more and
 * more. From a certain number on, children are put into parts of that size, and a finished part is visited as
 * one.
 */
import { Cursor } from './cursor.ts'

/**
 * About the square root of the children in a very long answer, which keeps both parts and children per part
 * few.
 */
export const PART_CHILDREN = 24

export class Parts {
  /** The list, if the children are list items: parts between them need ARIA roles to keep it a list. */
  readonly #list: Element | undefined
  #inPart = false
  #children = 0

  constructor(list?: Element) {
    this.#list = list
  }

  /** Call before a child is written. @returns the cursor to write it at: `cursor`, or one in a new part */
  next(cursor: Cursor): Cursor {
    const { last } = cursor
    this.#children++
    // A heading is not separated from the block below it.
    if (this.#children <= PART_CHILDREN || /^H\d$/.test(last?.nodeName ?? '')) return cursor
    cursor.trim()
    const part = document.createElement('div')
    part.className = 'part'
    if (this.#list) {
      this.#list.role = 'list'
      part.role = 'presentation'
    }
    // Find the part through the last written node: `cursor.element` may be outdated, as nodes move.
    const before = this.#inPart ? last?.parentElement : last
    before?.after(part)
    this.#inPart = true
    this.#children = 1
    return new Cursor(part)
  }

  /** Marks a written child as a list item. */
  markItem(element: Element): void {
    if (this.#list && this.#inPart) element.role = 'listitem'
  }
}
