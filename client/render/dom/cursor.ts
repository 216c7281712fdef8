/**
 * A position in an element at which nodes and text are written. Behind it is what is final; in front of it
 * may be an earlier preview. Writing the same content again keeps the nodes of the preview, so a selection in
 * them survives and they are not laid out again.
 */

/** The kind that each written element was created with. */
const kinds = new WeakMap<Node, string>()

export class Cursor {
  readonly element: Element
  /** The node right behind the cursor. In a text node, `offset` is the position within it. */
  last: ChildNode | null
  offset = 0
  /** Whether the cursor stops at the next block, in an element that holds inline content and blocks. */
  readonly #inline: boolean

  constructor(element: Element, after: ChildNode | null = null, inline = false) {
    this.element = element
    this.last = after
    this.#inline = inline
    this.goTo(after)
  }

  /** Moves right behind a node, or to the element's start. */
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

  /**
   * Writes an element. If an element of the same kind stands in front of the cursor, that element is reused.
   */
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

  /** Removes everything in front of the cursor. */
  trim(): void {
    this.#cutText()
    for (let next = this.#next(); next; next = this.#next()) next.remove()
  }

  /** Moves everything in front of the cursor into `element`, and goes behind it. */
  wrap(element: Element): void {
    for (let next = this.#next(); next; next = this.#next()) element.append(next)
    this.#insert(element)
  }

  #next(): ChildNode | null {
    const next = this.last ? this.last.nextSibling : this.element.firstChild
    // An answer's footnotes stay behind all else.
    return next && (next.nodeName === 'SECTION' || (this.#inline && isBlock(next))) ? null : next
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

const INLINE = /^(?:emphasis|strong|strike|code|link|break|(?:image|footnote-reference) .*)$/s

function isBlock(node: Node): boolean {
  return !(node instanceof Text || INLINE.test(kinds.get(node) ?? ''))
}

/**
 * Makes the text from `offset` on start with `value`. What follows `value` in the node stays until the next
 * write.
 */
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
