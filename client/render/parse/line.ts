/** A line, read from its start in columns: a tab goes on to the next multiple of four. [spec] 2.2 */

const TAB = 4

export class Line {
  readonly #text: string
  #at = 0
  #column = 0
  /** Whether a part of the tab at `#at` was taken. */
  #inTab = false

  constructor(text: string) {
    this.#text = text
  }

  /** How many columns of white space come next. */
  get indent(): number {
    let column = this.#column
    for (let at = this.#at; ; at++) {
      const char = this.#text[at]
      if (char === ' ') column++
      else if (char === '\t') column += TAB - (column % TAB)
      else return column - this.#column
    }
  }

  /** All that comes. What is left of a tab comes as spaces. */
  get rest(): string {
    const tab = this.#inTab ? ' '.repeat(TAB - (this.#column % TAB)) : ''
    return tab + this.#text.slice(this.#inTab ? this.#at + 1 : this.#at)
  }

  /** All that comes after the white space. */
  get content(): string {
    let at = this.#at
    while (this.#text[at] === ' ' || this.#text[at] === '\t') at++
    return this.#text.slice(at)
  }

  /** Takes `columns` of white space, or what there is of them. */
  skip(columns: number): void {
    for (let left = columns; left > 0; ) {
      const char = this.#text[this.#at]
      if (char !== ' ' && char !== '\t') return
      const width = char === '\t' ? TAB - (this.#column % TAB) : 1
      const step = Math.min(width, left)
      this.#inTab = step < width
      if (!this.#inTab) this.#at++
      this.#column += step
      left -= step
    }
  }

  /** Takes the white space, and `length` characters after it, which are no tabs. */
  take(length: number): void {
    this.skip(this.indent)
    this.#at += length
    this.#column += length
  }

  copy(): Line {
    const copy = new Line(this.#text)
    copy.#at = this.#at
    copy.#column = this.#column
    copy.#inTab = this.#inTab
    return copy
  }
}
