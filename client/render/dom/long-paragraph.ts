/**
 * Inline content that may grow long: of a paragraph, a heading, or math.
 *
 * A browser lays out all lines of a paragraph again for each added word, so words of a long one cost more and
 * more. While it grows, its finished lines are therefore split off: what follows goes into a block of its
 * own, which starts where a line starts and so looks the same. `Cursor` writes through these blocks as if
 * they were not there. When the paragraph ends, it becomes one text again, unless it is too long for that.
 */
import { createLines, type Place } from './cursor.ts'
import { keepSelection } from './keep-selection.ts'
import { PART_CHILDREN } from './parts.ts'
import { directionOf, isWithinDirection, mixesDirections } from './text-direction.ts'
import { type LineStart, lastLineStart } from './visual-line.ts'

/** Least content that is kept together and laid out again with each word. */
const FLOW_CHARS = 1000
/** An element takes about as long to lay out as this many characters. */
const ELEMENT_CHARS = 32
/** A line start that was not found is looked for again after this many characters. */
const RETRY_CHARS = 250
/** Content in which no line start is found is split anyway once it is this long. */
const MAX_FLOW_CHARS = 4000
/** A longer paragraph stays split at its end, because one layout of all of it takes too long. */
const MAX_JOINED_CHARS = 10_000

/** Where content was split: `rest` is the text or the node that now begins a block. */
export interface Split extends LineStart {
  rest: ChildNode
}

export class LongParagraph {
  readonly #element: Element
  readonly #after: ChildNode | null
  /** The blocks behind the first lines, each with the size of the content before it. */
  readonly #blocks: { element: Element; start: number }[] = []
  /** A browser visits all blocks when one changes, so they are in groups, too. */
  readonly #groups: Element[] = []
  /** Sizes of the content in characters, where an element counts as `ELEMENT_CHARS`. */
  #settled = 0
  #previewed = 0
  #nextTry = FLOW_CHARS
  #direction: ReturnType<typeof directionOf> | undefined
  #observer: ResizeObserver | undefined

  /**
   * @param element the parent of the content, which is the last that it holds
   * @param after the node behind which the content begins
   */
  constructor(element: Element, after: ChildNode | null = null) {
    this.#element = element
    this.#after = after
  }

  addText(settled: number, previewed: number): void {
    this.#settled += settled
    this.#previewed += previewed
  }

  addElement(settled: boolean): void {
    if (settled) this.#settled += ELEMENT_CHARS
    else this.#previewed += ELEMENT_CHARS
  }

  /** Call when the preview is to be written again. */
  rewind(): void {
    this.#previewed = 0
  }

  /**
   * Splits off the finished lines if there is enough content since the last split.
   *
   * @param settled where the settled content ends
   * @param end where the preview ends
   */
  splitOffLines(settled: Place, end: Place): Split | undefined {
    const size = this.#settled + this.#previewed
    if (size < this.#nextTry) return undefined
    // Blocks are removed with the preview that they hold.
    while (this.#blocks.at(-1)?.element.parentNode === null) this.#blocks.pop()
    while (this.#groups.at(-1)?.parentNode === null) this.#groups.pop()
    const flow = this.#blocks.at(-1) ?? { element: this.#element, start: 0 }
    const length = size - flow.start
    this.#nextTry = Math.max(flow.start + FLOW_CHARS, size + (length < FLOW_CHARS ? 0 : RETRY_CHARS))
    // Lines of a preview count as finished once it is long.
    const until = this.#previewed < FLOW_CHARS ? settled : end
    if (length < FLOW_CHARS || until.last?.parentNode !== flow.element) return undefined
    const start = this.#findStart(until, length)
    if (!start) return undefined
    this.#nextTry = size + FLOW_CHARS
    this.#watchWidth()
    return this.#split(start, size)
  }

  /** Joins the blocks to one text, unless the paragraph is too long. */
  end(): void {
    if (this.#blocks.length === 0 || this.#settled > MAX_JOINED_CHARS) return
    this.#observer?.disconnect()
    keepSelection(this.#element, () => {
      for (const { element } of this.#blocks) element.replaceWith(...element.childNodes)
      for (const group of this.#groups) group.replaceWith(...group.childNodes)
    })
    this.#blocks.length = 0
    if (this.#element.localName === 'p') this.#element.removeAttribute('role')
    this.#element.normalize()
  }

  #findStart(until: Place, length: number): LineStart | undefined {
    const after = this.#blocks.length === 0 ? this.#after : null
    this.#direction ??= directionOf(textBehind(this.#element, after))
    const mixed = this.#direction === 'rtl' || mixesDirections(until.last?.parentNode?.textContent ?? '')
    const start = lastLineStart(
      until,
      after,
      ({ node, index }) => !mixed || (node instanceof Text && isWithinDirection(node.data, index)),
    )
    if (start || length < MAX_FLOW_CHARS) return start
    return lastLineStart(until, after, () => true) ?? lastCharacter(until, after)
  }

  #split({ node, index }: LineStart, size: number): Split {
    const rest = node instanceof Text && index > 0 ? node.splitText(index) : node
    const block = createLines()
    // Chromium hides the role of a paragraph whose content is blocks.
    if (this.#element.localName === 'p') this.#element.role = 'paragraph'
    // The block's own first letter would decide otherwise.
    if (this.#direction) block.dir = this.#direction
    const inWord = /\S$/.test(rest.previousSibling?.textContent ?? '') && /^\S/.test(rest.textContent ?? '')
    keepSelection(this.#element, () => {
      const moved: ChildNode[] = []
      for (let next: ChildNode | null = rest; next; next = next.nextSibling) moved.push(next)
      block.append(...moved)
      const group = this.#group()
      if (inWord) {
        block.classList.add('inword')
        if (!group.firstChild) group.classList.add('inword')
      }
      group.append(block)
    })
    this.#blocks.push({ element: block, start: size })
    return { node, index, rest }
  }

  /** The group with room for another block. */
  #group(): Element {
    const last = this.#groups.at(-1)
    if (last && last.childElementCount < PART_CHILDREN) return last
    const group = createLines()
    this.#element.append(group)
    this.#groups.push(group)
    return group
  }

  /** Another width breaks lines elsewhere, so existing blocks lose their style. */
  #watchWidth(): void {
    if (this.#observer) return
    let width: number | undefined
    this.#observer = new ResizeObserver(([entry]) => {
      const now = entry?.contentRect.width
      width ??= now
      if (now === width) return
      width = now
      for (const element of [...this.#groups, ...this.#blocks.map(({ element }) => element)])
        element.className = ''
    })
    this.#observer.observe(this.#element)
  }
}

/** The text that decides the direction. Links have one of their own. */
function textBehind(element: Element, after: ChildNode | null): string {
  let text = ''
  for (let node = after ? after.nextSibling : element.firstChild; node; node = node.nextSibling) {
    if (node.nodeName !== 'A') text += node.textContent
  }
  return text
}

/** The place before the last character; `undefined` if the content is not laid out or is one node. */
function lastCharacter({ last, offset }: Place, after: ChildNode | null): LineStart | undefined {
  if (!last?.parentElement?.getClientRects().length) return undefined
  const low = last instanceof Text && /[\udc00-\udfff]/.test(last.data.charAt(offset - 1))
  const index = last instanceof Text ? Math.max(0, offset - (low ? 2 : 1)) : 0
  return index === 0 && last.previousSibling === after ? undefined : { node: last, index }
}
