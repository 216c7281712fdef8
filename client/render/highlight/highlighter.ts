/** Colours code that grows, line by line, without changing anything in the page. */
import { type StreamParser, StringStream } from '@codemirror/streamparser'
import { type Flow, watchFlow } from './flow.ts'
import { type Kind, kindOf } from './kinds.ts'
import { loadMode } from './languages.ts'

/** @param code an element whose text only grows, and whose lines are each in one text node */
export type Highlighter = (code: Element) => Colouring

export interface Colouring {
  /** More lines are whole. */
  grow(): void
  /** Nothing comes any more, so the last line is whole. */
  end(): void
}

/** So long the page may wait, and no longer. */
const SLICE_MS = 4
/** A longer line is data rather than code. It isn't coloured, nor does the line after it know of it. */
const LINE_CHARS = 2000
/** As often a mode may change its state without taking a character. */
const MOST_IDLE = 10
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
  let flow: Flow | undefined
  /** How far the text is coloured. */
  let at = 0
  let ended = false
  let failed = false
  let waiting = false

  /** @returns the line that comes next, once it is whole */
  function nextLine(): string | undefined {
    if (!text || at === text.length) {
      const next = texts.nextNode()
      if (!(next instanceof Text)) return undefined
      flow?.show()
      text = next
      flow = watchFlow(next)
      at = 0
    }
    const { data } = text
    const end = data.indexOf('\n', at)
    if (end >= 0) return data.slice(at, end)
    return ended ? data.slice(at) : undefined
  }

  function colourSome(): void {
    waiting = false
    const until = performance.now() + SLICE_MS
    for (let line = nextLine(); line !== undefined; line = nextLine()) {
      const from = at
      at = Math.min(from + line.length + 1, text?.length ?? 0)
      try {
        readLine(line, mode, state, (start, end, kind) => flow?.add(from + start, from + end, kind))
      } catch {
        // A mode that stumbles over the model's code: the rest of it stays as it is.
        failed = true
        break
      }
      if (performance.now() < until) continue
      colour()
      break
    }
    flow?.show()
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
  colour: (start: number, end: number, kind: Kind) => void,
): void {
  if (line === '') mode.blankLine?.(state, INDENT)
  if (line.length > LINE_CHARS) return
  const stream = new StringStream(line, TAB, INDENT)
  for (let idle = 0; !stream.eol() && idle < MOST_IDLE; ) {
    const kind = kindOf(mode.token(stream, state))
    if (kind && stream.pos > stream.start) colour(stream.start, stream.pos, kind)
    idle = stream.pos > stream.start ? 0 : idle + 1
    stream.start = stream.pos
  }
}
