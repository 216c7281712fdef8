/** A line, consumed from its start in columns: a tab goes to the next multiple of four. [spec] 2.2 */

const TAB = 4

export class Line {
  readonly #text: string
  #at = 0
  #column = 0
  /** Whether the tab at `#at` was consumed in part. */
  #inTab = false

  constructor(text: string) {
    this.#text = text
  }

  /** Columns of white space ahead. */
  get indent(): number {
    let column = this.#column
    for (let at = this.#at; ; at++) {
      const char = this.#text[at]
      if (char === ' ') column++
      else if (char === '\t') column += TAB - (column % TAB)
      else return column - this.#column
    }
  }

  /** The rest of the line. The rest of a partly consumed tab becomes spaces. */
  get rest(): string {
    const tab = this.#inTab ? ' '.repeat(TAB - (this.#column % TAB)) : ''
    return tab + this.#text.slice(this.#inTab ? this.#at + 1 : this.#at)
  }

  /** The rest of the line without leading white space. */
  get content(): string {
    let at = this.#at
    while (this.#text[at] === ' ' || this.#text[at] === '\t') at++
    return this.#text.slice(at)
  }

  /** Consumes up to `columns` of white space. */
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

  /** Consumes the white space, and then `length` characters that are no tabs. */
  take(length: number): void {
    this.skip(this.indent)
    this.#at += length
    this.#column += length
  }
}
