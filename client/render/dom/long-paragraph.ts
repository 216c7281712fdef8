/**
 * A paragraph that may grow long.
 *
 * A browser lays out a whole paragraph again for each added word, so words of a long paragraph cost more and
 * more. While it grows, its finished lines are therefore split off: the text that follows them goes into a
 * block of its own, which starts at a line start and so looks the same. When the paragraph ends, it becomes
 * one text again, unless it is too long for that.
 */
import { keepSelection } from './keep-selection.ts'

/** Least text that is kept together and laid out again with each word. */
const FLOW_CHARS = 1000
/**
 * A longer paragraph stays split at its end. Splits are invisible, but each adds a line break to copied text.
 */
const MAX_JOINED_CHARS = 10_000

/** Line order in right-to-left text depends on the whole paragraph, so such a paragraph is not split. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/

export class LongParagraph {
  readonly #paragraph: Element
  #blocks: Element[] = []
  /** Length of the paragraph, and of the text since the last split. */
  #whole = 0
  #length = 0
  #stopped = false
  #observer: ResizeObserver | undefined

  constructor(paragraph: Element) {
    this.#paragraph = paragraph
  }

  /** @param text settled text that was added */
  grow(text: string): void {
    this.#whole += text.length
    this.#length += text.length
    this.#stopped ||= RIGHT_TO_LEFT.test(text)
  }

  /**
   * Splits off the finished lines if there is enough text since the last split.
   *
   * @param text the paragraph's last text node
   * @param settled how many of its characters are final
   * @returns the node with the rest of the text, now the first in its own block
   */
  splitOffLines(text: Text, settled: number): Text | undefined {
    if (this.#length < FLOW_CHARS || this.#stopped) return undefined
    const start = lineStart(text, settled)
    if (start === 0) return undefined
    this.#length = 0
    this.#watchWidth()
    const block = document.createElement('span')
    block.className = 'lines'
    this.#blocks.push(block)
    const rest = text.splitText(start)
    keepSelection(this.#paragraph, () => {
      const { parentNode } = rest
      const moved = [...(parentNode?.childNodes ?? [])]
      block.append(...moved.slice(moved.indexOf(rest)))
      this.#paragraph.append(block)
    })
    return rest
  }

  /** Joins the blocks to one text, unless the paragraph is too long. */
  end(): void {
    if (this.#blocks.length === 0 || this.#whole > MAX_JOINED_CHARS) return
    this.#observer?.disconnect()
    keepSelection(this.#paragraph, () => {
      for (const block of this.#blocks) block.replaceWith(...block.childNodes)
    })
    this.#blocks = []
    this.#paragraph.normalize()
  }

  /** Another width breaks lines elsewhere, so existing blocks lose their style and splitting stops. */
  #watchWidth(): void {
    let width: number | undefined
    this.#observer ??= new ResizeObserver(([entry]) => {
      const now = entry?.contentRect.width
      width ??= now
      if (now === width) return
      this.#stopped = true
      for (const block of this.#blocks) block.className = ''
    })
    this.#observer.observe(this.#paragraph)
  }
}

/**
 * The index at which the visual line of the character before `end` starts; 0 if it starts before this node.
 */
function lineStart(text: Text, end: number): number {
  const range = document.createRange()
  const topFrom = (start: number): number => {
    range.setStart(text, start)
    range.setEnd(text, end)
    return range.getBoundingClientRect().top
  }
  let high = end - 1
  while (high > 0 && /\s/.test(text.data.charAt(high))) high--
  const top = topFrom(high)
  let low = 0
  // Binary search for the first index whose text up to `end` has nothing above that line.
  while (low < high) {
    const middle = (low + high) >> 1
    if (topFrom(middle) < top) low = middle + 1
    else high = middle
  }
  return low
}
