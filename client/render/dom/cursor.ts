/**
 * A position in an element at which nodes and text are written. Behind it is what is final; in front of it
 * may be an earlier preview. Writing the same content again keeps the nodes of the preview, so a selection in
 * them survives and they are not laid out again.
 */

/** A position behind a node or, in a text, at an offset. */
export interface Place {
  last: ChildNode | null
  offset: number
}

/** The kind that each written element was created with. */
const kinds = new WeakMap<Node, string>()

const LINES = 'lines'

/**
 * Creates a block for the last part of an element's content. A cursor of that element goes on in it as if the
 * content stood in the element itself, and removes the block once it is empty.
 */
export function createLines(): HTMLElement {
  const block = document.createElement('span')
  block.className = LINES
  block.role = 'none'
  kinds.set(block, LINES)
  return block
}

export class Cursor implements Place {
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
    if (!(next instanceof Text)) {
      this.#insert(new Text(value))
      return
    }
    if (next !== this.last) this.offset = 0
    this.last = next
    const stands = next.length - this.offset
    const continued = value.length > stands ? this.#next() : null
    if (continued instanceof Text && value.startsWith(next.substringData(this.offset, stands))) {
      // The text was split: the next block has the rest of it.
      this.last = continued
      this.offset = 0
      this.text(value.slice(stands))
      return
    }
    rewrite(next, this.offset, value)
    this.offset += value.length
  }

  /** The place `chars` characters back in the text that was written last. */
  placeBack(chars: number): Place {
    let { last, offset } = this
    let left = chars
    while (left > offset && last) {
      left -= offset
      last = nodeBefore(last)
      offset = last instanceof Text ? last.length : 0
    }
    return { last, offset: offset - left }
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
    const next = this.last ? nodeBehind(this.last) : within(this.element.firstChild)
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

/** The next node of the content, in the same block or in the next one. */
function nodeBehind({ nextSibling, parentNode }: ChildNode): ChildNode | null {
  if (nextSibling) return within(nextSibling)
  return isLines(parentNode) ? nodeBehind(parentNode) : null
}

function nodeBefore({ previousSibling, parentNode }: ChildNode): ChildNode | null {
  let node: ChildNode | null = previousSibling ?? (isLines(parentNode) ? nodeBefore(parentNode) : null)
  while (isLines(node)) node = node.lastChild
  return node
}

/** The node, or the first one in it if it is a block of lines. */
function within(node: ChildNode | null): ChildNode | null {
  if (!isLines(node)) return node
  const first = within(node.firstChild)
  if (first) return first
  const { nextSibling } = node
  node.remove()
  return within(nextSibling)
}

export function isLines(node: Node | null): node is HTMLElement {
  return node !== null && kinds.get(node) === LINES
}

const INLINE =
  /^(?:emphasis|strong|strike|code|link|break|(?:image|sign|formula|footnote-reference|source-mark) .*)$/s

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
