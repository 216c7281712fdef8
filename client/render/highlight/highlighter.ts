/** Colours growing code line by line, without changing the DOM. */
import { type StreamParser, StringStream } from '@codemirror/streamparser'
import { kindOf, type TokenKind } from './kinds.ts'
import { loadMode } from './languages.ts'
import { type TextHighlights, watchText } from './text-highlights.ts'

/**
 * @param code an element whose text only grows. A line that other elements part into several text nodes is
 *   coloured as several lines
 */
export type Highlighter = (code: Element) => Colouring

export interface Colouring {
  /** Call when more lines are complete. */
  grow(): void
  /** Call when the code is complete, and with it the last line. */
  end(): void
}

/** Longest time that a slice of work may block the page. */
const SLICE_MS = 4
/** A longer line is data rather than code: it is skipped, and the state for the next line ignores it. */
const LINE_CHARS = 2000
/** How often a mode may change its state without consuming a character, before the line is given up. */
const MAX_IDLE_CALLS = 10
const TAB = 4
const INDENT = 2

export async function createHighlighter(language: string): Promise<Highlighter> {
  const mode = await loadMode(language)
  return (code) => (mode ? createColouring(code, mode) : { grow() {}, end() {} })
}

function createColouring(code: Element, mode: StreamParser<unknown>): Colouring {
  const state = mode.startState?.(INDENT) ?? {}
  const texts = document.createTreeWalker(code, NodeFilter.SHOW_TEXT)
  let text: Text | undefined
  let highlights: TextHighlights | undefined
  /** How far `text` is coloured. */
  let at = 0
  let ended = false
  let failed = false
  let waiting = false

  /** @returns the next line, once it is complete */
  function nextLine(): string | undefined {
    if (!text || at === text.length) {
      const next = texts.nextNode()
      if (!(next instanceof Text)) return undefined
      highlights?.show()
      text = next
      highlights = watchText(next)
      at = 0
    }
    const { data } = text
    const end = data.indexOf('\n', at)
    if (end >= 0) return data.slice(at, end)
    return ended || isParted() ? data.slice(at) : undefined
  }

  /** Whether `text` has ended without a line feed. */
  function isParted(): boolean {
    return texts.nextNode() !== null && texts.previousNode() !== null
  }

  function colourSome(): void {
    waiting = false
    const until = performance.now() + SLICE_MS
    for (let line = nextLine(); line !== undefined; line = nextLine()) {
      const from = at
      at = Math.min(from + line.length + 1, text?.length ?? 0)
      try {
        // A box holds the rest of a line that is too long.
        if (text?.parentElement?.className !== 'box')
          readLine(line, mode, state, (start, end, kind) => highlights?.add(from + start, from + end, kind))
      } catch {
        // The mode failed on this code: leave the rest uncoloured.
        failed = true
        break
      }
      if (performance.now() < until) continue
      colour()
      break
    }
    highlights?.show()
  }

  function colour(): void {
    if (waiting || failed) return
    waiting = true
    setTimeout(colourSome)
  }

  colour()
  return {
    grow: colour,
    end() {
      ended = true
      colour()
    },
  }
}

function readLine(
  line: string,
  mode: StreamParser<unknown>,
  state: unknown,
  colour: (start: number, end: number, kind: TokenKind) => void,
): void {
  if (line === '') mode.blankLine?.(state, INDENT)
  if (line.length > LINE_CHARS) return
  const stream = new StringStream(line, TAB, INDENT)
  for (let idle = 0; !stream.eol() && idle < MAX_IDLE_CALLS; ) {
    const kind = kindOf(mode.token(stream, state))
    if (kind && stream.pos > stream.start) colour(stream.start, stream.pos, kind)
    idle = stream.pos > stream.start ? 0 : idle + 1
    stream.start = stream.pos
  }
}
