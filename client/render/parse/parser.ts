/**
 * Markdown → a sink, as it arrives: CommonMark 0.31.2, and GitHub's tables, task lists, strikethrough and autolinks. Raw
 * HTML is text, and so is math.
 */
import { Blocks } from './blocks.ts'
import { startLine } from './line-start.ts'
import type { Sink } from './sink.ts'
import { WAIT } from './undecided.ts'

/** The start of a line is read anew with each delta up to this length, a longer one when it has grown by a quarter. */
const OFTEN_CHARS = 256

export interface Parser {
  /** Writes what is beyond doubt. Text may be cut anywhere, between the halves of a character too. */
  write(text: string): void
  /** Writes what is still in doubt as it most likely goes on. Where it is shown, it has to be taken back before more is written. */
  preview(): void
  end(): void
}

/**
 * @example
 *   const parser = createParser(sink)
 *   for await (const delta of deltas) parser.write(delta)
 *   parser.end()
 */
export function createParser(sink: Sink): Parser {
  const blocks = new Blocks(sink)
  /** What can't be read without what comes next: half of a line's end, or of a character. */
  let cut = ''
  /** The start of a line that is in doubt. */
  let start = ''
  let nextTry = 0
  /** Whether the line's start has been read, and more of it comes. */
  let inLine = false

  function read(part: string, complete: boolean): void {
    if (inLine) blocks.add(part)
    else {
      start += part
      if (!complete && start.length < nextTry) return
      const found = startLine(blocks.containers, blocks.leaf, start, complete)
      if (found === WAIT) {
        nextTry = start.length > OFTEN_CHARS ? start.length * 1.25 : 0
        return
      }
      blocks.startLine(found)
      start = ''
      nextTry = 0
    }
    inLine = !complete
    if (complete) blocks.endLine()
  }

  return {
    write(text) {
      const whole = cut + text
      cut = /[\r\ud800-\udbff]?$/.exec(whole)?.[0] ?? ''
      const lines = whole
        .slice(0, whole.length - cut.length)
        .replaceAll('\0', '\ufffd')
        .split(/\r\n?|\n/)
      const last = lines.pop() ?? ''
      for (const line of lines) read(line, true)
      if (last !== '') read(last, false)
      blocks.settle()
    },
    preview: () => blocks.preview(),
    end() {
      if (cut !== '') read(cut === '\r' ? '' : cut, cut === '\r')
      cut = ''
      if (inLine || start !== '') read('', true)
      blocks.end()
    },
  }
}
