/**
 * A paragraph that grows long. A browser lays out all of a paragraph when a word is added to it, so each word of a long
 * one would cost more than the one before. While it grows, its finished lines are therefore put aside: what follows them
 * goes into a block of its own, which begins where a line begins and so changes nothing that is seen. At its end it is
 * one text again, unless that would hold up the page.
 */
import { keepSelection } from './keep-selection.ts'

/** At least so much stays together, and is laid out anew with each word. */
const FLOW_CHARS = 1000
/** A longer one stays as it is at its end. Nobody sees it; who copies all of it gets a line break more for each part. */
const MOST_JOINED_CHARS = 10_000

/** Which way a line goes is known of all of a paragraph only. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/

export class LongParagraph {
  readonly #paragraph: Element
  #blocks: Element[] = []
  /** How much there is, and how much of it since the last lines that were put aside. */
  #whole = 0
  #length = 0
  #stopped = false
  #observer: ResizeObserver | undefined

  constructor(paragraph: Element) {
    this.#paragraph = paragraph
  }

  /** @param text that was added for good */
  grow(text: string): void {
    this.#whole += text.length
    this.#length += text.length
    this.#stopped ||= RIGHT_TO_LEFT.test(text)
  }

  /**
   * Puts lines aside if there are enough of them.
   *
   * @param text the last one of the paragraph that is there for good, as far as `settled`
   * @returns what the rest of the text is in now, as the first in a block of its own
   */
  putAside(text: Text, settled: number): Text | undefined {
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

  /** Makes it one text, if it isn't too long for that. */
  end(): void {
    if (this.#blocks.length === 0 || this.#whole > MOST_JOINED_CHARS) return
    this.#observer?.disconnect()
    keepSelection(this.#paragraph, () => {
      for (const block of this.#blocks) block.replaceWith(...block.childNodes)
    })
    this.#blocks = []
    this.#paragraph.normalize()
  }

  /** In another width the lines are others. */
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

/** Where the line begins that the character before `end` is in; 0 if that is not in this text. */
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
  // The first from which on nothing is above the line.
  while (low < high) {
    const middle = (low + high) >> 1
    if (topFrom(middle) < top) low = middle + 1
    else high = middle
  }
  return low
}
