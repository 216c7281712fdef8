/**
 * A place in an element where nodes and text are written. Before it may stand what was written there earlier, on a guess:
 * as much of that as is written again is kept as it is, so that a selection in it stays, and nothing is laid out anew.
 */

/** Of the elements that were written, what they are. */
const kinds = new WeakMap<Node, string>()

export class Cursor {
  readonly element: Element
  /** What is behind the cursor, and of a text, how much of it. */
  last: ChildNode | null
  offset = 0
  /** Whether it writes only up to the next block, in an element that holds both. */
  readonly #inline: boolean

  constructor(element: Element, after: ChildNode | null = null, inline = false) {
    this.element = element
    this.last = after
    this.#inline = inline
    this.goTo(after)
  }

  /** Goes right behind a node, or to the element's start. */
  goTo(node: ChildNode | null): void {
    this.last = node
    this.offset = node instanceof Text ? node.length : 0
  }

  text(value: string): void {
    const next = this.last instanceof Text ? this.last : this.#next()
    if (next instanceof Text) {
      if (next !== this.last) this.offset = 0
      this.last = next
      rewrite(next, this.offset, value)
      this.offset += value.length
    } else this.#insert(new Text(value))
  }

  /** Writes an element. One that stands there is taken if it is of the same kind. */
  put<E extends ChildNode>(kind: string, create: () => E): E {
    this.#cutText()
    const next = this.#next()
    if (next && kinds.get(next) === kind) {
      this.last = next
      return next as E
    }
    const element = create()
    kinds.set(element, kind)
    this.#insert(element)
    return element
  }

  /** Takes away what stands before the cursor. */
  trim(): void {
    this.#cutText()
    for (let next = this.#next(); next; next = this.#next()) next.remove()
  }

  /** Puts all that stands before the cursor into an element, and goes behind it. */
  wrap(element: Element): void {
    for (let next = this.#next(); next; next = this.#next()) element.append(next)
    this.#insert(element)
  }

  #next(): ChildNode | null {
    const next = this.last ? this.last.nextSibling : this.element.firstChild
    return this.#inline && next && isBlock(next) ? null : next
  }

  #insert(node: ChildNode): void {
    if (this.last) this.last.after(node)
    else this.element.prepend(node)
    this.goTo(node)
    this.trim()
  }

  #cutText(): void {
    const { last, offset } = this
    if (last instanceof Text && last.length > offset) last.deleteData(offset, last.length - offset)
  }
}

const INLINE = /^(?:emphasis|strong|strike|code|link|break|image .*)$/s

function isBlock(node: Node): boolean {
  return !(node instanceof Text || INLINE.test(kinds.get(node) ?? ''))
}

/** Makes a text go on with `value` at `offset`, and perhaps with more of what stood there. */
function rewrite(text: Text, offset: number, value: string): void {
  const stands = text.length - offset
  const old = stands === 0 ? '' : text.substringData(offset, stands)
  if (old.startsWith(value)) return
  if (value.startsWith(old)) text.appendData(value.slice(stands))
  else {
    let same = 0
    while (old[same] === value[same]) same++
    text.replaceData(offset + same, stands, value.slice(same))
  }
}
