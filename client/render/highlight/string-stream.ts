/**
 * A line as CodeMirror's stream modes read it: the interface of `StringStream` in @codemirror/language, which can't be
 * had without an editor.
 */

type Pattern = string | RegExp | ((char: string) => boolean)

export class StringStream {
  pos = 0
  /** Where the current token begins. */
  start = 0
  readonly string: string
  readonly tabSize = 4
  readonly indentUnit = 2

  constructor(line: string) {
    this.string = line
  }

  eol(): boolean {
    return this.pos >= this.string.length
  }

  sol(): boolean {
    return this.pos === 0
  }

  peek(): string | undefined {
    return this.string[this.pos]
  }

  next(): string | undefined {
    return this.eol() ? undefined : this.string[this.pos++]
  }

  eat(pattern: Pattern): string | undefined {
    const char = this.peek()
    if (char === undefined || !matches(pattern, char)) return undefined
    this.pos++
    return char
  }

  eatWhile(pattern: Pattern): boolean {
    const from = this.pos
    while (this.eat(pattern) !== undefined) {}
    return this.pos > from
  }

  eatSpace(): boolean {
    return this.eatWhile(/[\s\u00a0]/)
  }

  skipToEnd(): void {
    this.pos = this.string.length
  }

  skipTo(text: string): boolean {
    const found = this.string.indexOf(text, this.pos)
    if (found >= 0) this.pos = found
    return found >= 0
  }

  backUp(chars: number): void {
    this.pos -= chars
  }

  column(): number {
    return columnOf(this.string, this.start)
  }

  indentation(): number {
    return columnOf(this.string, this.string.search(/\S|$/))
  }

  match(pattern: string | RegExp, consume = true, ignoreCase = false): boolean | RegExpMatchArray | null {
    if (typeof pattern === 'string') {
      const here = this.string.substring(this.pos, this.pos + pattern.length)
      const same = ignoreCase ? here.toLowerCase() === pattern.toLowerCase() : here === pattern
      if (!same) return null
      if (consume) this.pos += pattern.length
      return true
    }
    const found = this.string.slice(this.pos).match(pattern)
    if (!found || (found.index ?? 0) > 0) return null
    if (consume) this.pos += found[0].length
    return found
  }

  current(): string {
    return this.string.slice(this.start, this.pos)
  }
}

function matches(pattern: Pattern, char: string): boolean {
  if (typeof pattern === 'string') return char === pattern
  return pattern instanceof RegExp ? pattern.test(char) : pattern(char)
}

function columnOf(line: string, end: number): number {
  let column = 0
  for (const char of line.slice(0, end)) column += char === '\t' ? 4 - (column % 4) : 1
  return column
}
