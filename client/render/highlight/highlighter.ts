/** Colours growing code line by line, without changing the DOM. */
import { type StreamParser, StringStream } from '@codemirror/streamparser'
import { kindOf, type TokenKind } from './kinds.ts'
import { loadMode } from './languages.ts'
import { type TextHighlights, watchText } from './text-highlights.ts'

/** @param code an element whose text only grows, with each line inside one text node, or too long to colour */
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
  /** Whether what comes next is the rest of a long line. */
  let inLine = false
  let waiting = false

  /** @returns the next line, or the part of a long one that a text node has, once it is complete */
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
    return ended || goesOn() ? data.slice(at) : undefined
  }

  /** Whether the line is in several text nodes. */
  function goesOn(): boolean {
    const next = texts.nextNode()
    if (next) texts.previousNode()
    return next !== null
  }

  function colourSome(): void {
    waiting = false
    const until = performance.now() + SLICE_MS
    for (let line = nextLine(); line !== undefined; line = nextLine()) {
      const from = at
      const isRest = inLine
      at = Math.min(from + line.length + 1, text?.length ?? 0)
      inLine = text?.data[at - 1] !== '\n'
      try {
        if (!isRest)
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
