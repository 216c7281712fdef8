/**
 * Streaming Markdown parser: CommonMark 0.31.2 with GitHub's tables, task lists, strikethrough,
 * autolinks and footnotes. Raw HTML and math are text.
 */
import { Blocks } from './blocks.ts'
import { createCitationFilter } from './citation-marks.ts'
import { startLine } from './line-start.ts'
import type { Sink } from './sink.ts'
import { WAIT } from './undecided.ts'

/**
 * An undecided line start up to this length is read with each delta; a longer one only after it grew by a
 * quarter.
 */
const ALWAYS_READ_CHARS = 256

export interface Parser {
  /** Writes the settled text. The input may be split anywhere, also inside a surrogate pair. */
  write(text: string): void
  /**
   * Writes the undecided text as it most likely continues. The sink must take a preview back before it is
   * written to again.
   */
  preview(): void
  /**
   * The text that the last preview lacks at its end; `undefined` if a preview must be written anew. It may be
   * asked only if nothing was written since that preview.
   */
  moreOfPreview(): string | undefined
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
  const citations = createCitationFilter()
  /** A trailing `\r` or high surrogate, which can't be read without the next character. */
  let cut = ''
  /** The start of the current line, while it is undecided. */
  let start = ''
  let nextTry = 0
  /** Whether the start of the current line is decided, and more of the line is to come. */
  let inLine = false

  function read(part: string, complete: boolean): void {
    if (inLine) blocks.add(part)
    else {
      start += part
      if (!complete && start.length < nextTry) return
      const found = startLine(blocks.containers, blocks.leaf, start, complete)
      if (found === WAIT) {
        nextTry = start.length > ALWAYS_READ_CHARS ? start.length * 1.25 : 0
        return
      }
      blocks.startLine(found)
      start = ''
      nextTry = 0
    }
    inLine = !complete
    if (complete) blocks.endLine()
  }

  function write(text: string): void {
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
  }

  return {
    write: (text) => write(citations.write(text)),
    preview: () => blocks.preview(),
    moreOfPreview: () => blocks.moreOfPreview(),
    end() {
      write(citations.end())
      if (cut !== '') read(cut === '\r' ? '' : cut, cut === '\r')
      cut = ''
      if (inLine || start !== '') read('', true)
      blocks.end()
    },
  }
}
