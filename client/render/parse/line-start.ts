/**
 * What the first characters of a line begin: which open containers continue, which ones begin, and what the
 * rest is. Nothing here has side effects, so a line that is still arriving can be read again until its start
 * is decided. [spec] appendix, phase 1
 */
import { beginContainer, type Container, keepContainers } from './containers.ts'
import { closesFence, type Fence, mayOpenInside, readInnerFence } from './fence.ts'
import { beginLeaf, type LeafStart, type OpenParagraph } from './leaf-start.ts'
import { Line } from './line.ts'
import { INDENTED, isBlank } from './spaces.ts'
import { type Found, WAIT } from './undecided.ts'

/** The part of the open leaf's state that decides what the next line is. */
export type LeafState =
  | { type: 'none' | 'indented' | 'table' }
  | ({ type: 'paragraph' } & OpenParagraph)
  | { type: 'fence'; fence: Fence; indent: number }
  | { type: 'math'; end: string }

export type Content =
  | LeafStart
  | { type: 'blank' }
  | { type: 'text' | 'indented' | 'row' | 'end'; text: string }
  /** Continues the code or math above it. `fence` is the innermost fence after this line, if that changes. */
  | { type: 'verbatim'; text: string; fence?: Fence }

/**
 * Deepest nesting of blocks; what is nested deeper is text. A page can't show it, and it could crash a
 * browser.
 */
const MAX_NESTING = 100

export interface LineStart {
  /** How many open containers the line continues. */
  kept: number
  begins: Container[]
  content: Content
}

/** @param complete whether `text` is the whole line */
export function startLine(
  open: readonly Container[],
  leaf: LeafState,
  text: string,
  complete: boolean,
): LineStart | typeof WAIT {
  const line = new Line(text)
  const kept = keepContainers(line, open, complete)
  if (kept === WAIT) return WAIT
  const all = kept === open.length
  const inner = open[kept - 1]

  const verbatim = all ? continueVerbatim(line, leaf, complete) : undefined
  if (verbatim === WAIT) return WAIT
  if (verbatim) return { kept, begins: [], content: verbatim }

  const begins: Container[] = []
  // A list continues with an item or a blank line only.
  const starts = (content: Content): LineStart => {
    const listEnds =
      inner?.type === 'list' && (begins[0] ? begins[0].type !== 'item' : content.type !== 'blank')
    return { kept: listEnds ? kept - 1 : kept, begins, content }
  }
  for (;;) {
    // A paragraph continues even if its containers don't. [spec] 5.1, laziness
    const lazy = leaf.type === 'paragraph' && begins.length === 0
    const paragraph = lazy && all ? leaf : undefined
    const content = beginContent(line, lazy, paragraph, complete)
    if (content === WAIT) return WAIT
    if (content) return starts(content)

    const deep = kept + begins.length >= MAX_NESTING
    const container = deep ? undefined : beginContainer(line, paragraph !== undefined, complete)
    if (container === WAIT) return WAIT
    if (container) {
      const { list, container: begun } = container
      if (list && (begins.length > 0 || inner?.type !== 'list' || inner.marker !== list.marker))
        begins.push(list)
      begins.push(begun)
      continue
    }
    const { content: rest } = line
    if (lazy) return { kept: open.length, begins, content: { type: 'text', text: rest } }
    const row = leaf.type === 'table' && all && begins.length === 0
    if (row && !complete) return WAIT
    return starts({ type: row ? 'row' : 'text', text: rest })
  }
}

/** Reads a line that continues a leaf of literal text. */
function continueVerbatim(line: Line, leaf: LeafState, complete: boolean): Found<Content> {
  const { content, indent } = line
  const blank = isBlank(content)
  if (blank && !complete) return WAIT
  if (leaf.type === 'fence') return continueFenced(line, leaf, complete)
  if (leaf.type === 'indented' && indent >= INDENTED) {
    line.skip(INDENTED)
    return { type: 'verbatim', text: line.rest }
  }
  if (leaf.type === 'math' && !blank) {
    if (!complete) return WAIT
    return { type: content.includes(leaf.end) ? 'end' : 'verbatim', text: content }
  }
  return undefined
}

function continueFenced(
  line: Line,
  { fence, indent }: { fence: Fence; indent: number },
  complete: boolean,
): Found<Content> {
  const { content } = line
  const mayBeFence = line.indent < INDENTED
  const closes = mayBeFence && closesFence(content, fence, complete)
  if (!complete && (closes || (mayBeFence && mayOpenInside(content, fence)))) return WAIT
  if (closes && !fence.outer) return { type: 'end', text: '' }
  const innermost = closes ? fence.outer : mayBeFence ? readInnerFence(content, fence) : undefined
  line.skip(indent)
  return { type: 'verbatim', text: line.rest, ...(innermost && { fence: innermost }) }
}

/** Reads the start of a leaf, or an indentation that is deep enough for code. */
function beginContent(
  line: Line,
  lazy: boolean,
  paragraph: OpenParagraph | undefined,
  complete: boolean,
): Found<Content> {
  const { content, indent } = line
  if (isBlank(content)) return complete ? { type: 'blank' } : WAIT
  if (indent < INDENTED) return beginLeaf(content, indent, paragraph, complete)
  if (lazy) return undefined
  line.skip(INDENTED)
  return { type: 'indented', text: line.rest }
}
