/**
 * Block quotes, list items and footnotes: which open ones a line continues, and which one it begins. [spec] 5
 */
import { footnoteLabel } from './inline/labels.ts'
import type { Line } from './line.ts'
import { INDENTED, isBlank } from './spaces.ts'
import { type Found, WAIT } from './undecided.ts'

export type Container =
  | { type: 'quote' }
  /** Further lines of a footnote are indented by four columns. */
  | { type: 'footnote'; label: string }
  /** An item with another marker begins a new list. */
  | { type: 'list'; marker: string; first: string | undefined }
  /** Lines that are indented by `indent` columns belong to the item. */
  | { type: 'item'; indent: number; empty: boolean }

const BULLET = /^[-+*](?=[ \t]|$)/
const NUMBER = /^(\d{1,9})([.)])(?=[ \t]|$)/
const FOOTNOTE = /^\[([^\s\]]{1,1000})\]:/
const PARTIAL_FOOTNOTE = /^\[(?:\^[^\s\]]{0,999}\]?)?$/
const PARTIAL_MARKER = /^(?:[-+*]|\d{1,9}[.)]?)$/

/**
 * Consumes the markers and indentation of the open containers.
 *
 * @returns how many containers the line continues
 */
export function keepContainers(
  line: Line,
  open: readonly Container[],
  complete: boolean,
): number | typeof WAIT {
  let kept = 0
  for (const container of open) {
    const { content, indent } = line
    const blank = isBlank(content)
    if (blank && !complete) return WAIT
    if (container.type === 'quote') {
      if (indent >= INDENTED || content[0] !== '>') break
      takeQuote(line)
    } else if (container.type === 'item') {
      // [spec] 5.2, rule 3: an item can begin with at most one blank line.
      if (blank ? container.empty : indent < container.indent) break
      line.skip(blank ? indent : container.indent)
    } else if (container.type === 'footnote') {
      if (!blank && indent < INDENTED) break
      line.skip(INDENTED)
    }
    kept++
  }
  return kept
}

export interface FoundContainer {
  /** The list of the item: the open one if its marker is the same, else a new one. */
  list?: Extract<Container, { type: 'list' }>
  container: Container
}

/**
 * Consumes the marker of a container.
 *
 * @param inParagraph whether the container would interrupt a paragraph, which not every item may
 */
export function beginContainer(line: Line, inParagraph: boolean, complete: boolean): Found<FoundContainer> {
  const { content, indent } = line
  if (indent >= INDENTED) return undefined
  if (content[0] === '>') {
    takeQuote(line)
    return { container: { type: 'quote' } }
  }
  if (!complete && (PARTIAL_MARKER.test(content) || PARTIAL_FOOTNOTE.test(content))) return WAIT
  const [opening = '', written = ''] = FOOTNOTE.exec(content) ?? []
  const label = footnoteLabel(written)
  if (label) {
    line.take(opening.length)
    line.skip(line.indent)
    return { container: { type: 'footnote', label } }
  }
  const number = NUMBER.exec(content)
  const marker = (number ?? BULLET.exec(content))?.[0]
  if (marker === undefined) return undefined
  const after = content.slice(marker.length)
  const blank = isBlank(after)
  // The text after the marker determines the item's indentation.
  if (blank && !complete) return WAIT
  // [spec] 5.2: a number that happens to start a line of a paragraph begins no list, unless it is 1.
  if (inParagraph && (blank || (number && Number(number[1]) !== 1))) return undefined

  line.take(marker.length)
  const space = blank || line.indent > INDENTED ? 1 : line.indent
  line.skip(space)
  return {
    list: { type: 'list', marker: number?.[2] ?? marker, first: number?.[1] },
    container: { type: 'item', indent: indent + marker.length + space, empty: true },
  }
}

function takeQuote(line: Line): void {
  line.take(1)
  line.skip(1)
}
