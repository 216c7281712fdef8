/**
 * The growing content of a code block: text, and elements in it.
 *
 * A browser lays out a whole flow of text again for each added word, and a line as a whole. Long code is
 * therefore split into several flows, and a long line into boxes that stand beside each other.
 */

/** A flow ends at the first line end after this many characters. */
const FLOW_CHARS = 800
/** A line goes on in another box after more than this many characters. */
const BOX_CHARS = 2000
/** An element takes about as long to lay out as this many characters. */
const ELEMENT_CHARS = 32

export class CodeText {
  readonly #code: Element
  #flow: Element | undefined
  #flowChars = 0
  /** The flow, or the last box in it. */
  #place: Element
  /** Length of the unfinished line in it. */
  #lineChars = 0
  /** The text in it that grows. */
  #tail: Text | undefined

  /** @param code is empty */
  constructor(code: Element) {
    this.#code = code
    this.#flow = code
    this.#place = code
  }

  append(text: string): void {
    for (let from = 0; from < text.length; ) {
      const end = text.indexOf('\n', from + Math.max(0, FLOW_CHARS - this.#flowChars))
      const to = end < 0 ? text.length : end + 1
      this.#grow(text.slice(from, to))
      if (end >= 0) this.#endFlow()
      from = to
    }
  }

  appendElement(element: Element): void {
    this.#makeRoom().append(element)
    this.#tail = undefined
    this.#lineChars += ELEMENT_CHARS
  }

  #grow(text: string): void {
    const place = this.#makeRoom()
    if (this.#tail) this.#tail.appendData(text)
    else {
      this.#tail = document.createTextNode(text)
      place.append(this.#tail)
    }
    const lineEnd = text.lastIndexOf('\n')
    this.#lineChars = text.length - lineEnd - 1 + (lineEnd < 0 ? this.#lineChars : 0)
    this.#flowChars += text.length
  }

  #makeRoom(): Element {
    if (!this.#flow) this.#flow = this.#place = appendSpan(this.#code, 'flow')
    if (this.#lineChars > BOX_CHARS) {
      this.#place = appendSpan(this.#flow, 'box')
      this.#lineChars = 0
      this.#tail = undefined
      // The box ends with the line.
      this.#flowChars = FLOW_CHARS
    }
    return this.#place
  }

  #endFlow(): void {
    this.#flow = undefined
    this.#tail = undefined
    this.#flowChars = 0
    this.#lineChars = 0
  }
}

function appendSpan(parent: Element, name: string): Element {
  const span = document.createElement('span')
  span.className = name
  span.role = 'none'
  parent.append(span)
  return span
}
