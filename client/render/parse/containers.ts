/** Block quotes and list items: which open ones a line goes on with, and which one it begins. [spec] 5 */
import type { Line } from './line.ts'
import { INDENTED, isBlank } from './spaces.ts'
import { type Found, WAIT } from './undecided.ts'

export type Container =
  | { type: 'quote' }
  /** Items with another marker belong to another list. */
  | { type: 'list'; marker: string; first: string | undefined }
  /** What is indented by `indent` columns belongs to it. */
  | { type: 'item'; indent: number; empty: boolean }

const BULLET = /^[-+*](?=[ \t]|$)/
const NUMBER = /^(\d{1,9})([.)])(?=[ \t]|$)/
const HALF_MARKER = /^(?:[-+*]|\d{1,9}[.)]?)$/

/** Takes from the line what belongs to the open containers. @returns how many of them go on */
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
      // [spec] 5.2, rule 3: an item begins with one blank line at most.
      if (blank ? container.empty : indent < container.indent) break
      line.skip(blank ? indent : container.indent)
    }
    kept++
  }
  return kept
}

export interface Begun {
  /** The list that an item belongs to, or else begins. */
  list?: Extract<Container, { type: 'list' }>
  container: Container
}

/**
 * Takes the marker of a container from the line.
 *
 * @param inParagraph whether the container would interrupt one, which not every item may
 */
export function beginContainer(line: Line, inParagraph: boolean, complete: boolean): Found<Begun> {
  const { content, indent } = line
  if (indent >= INDENTED) return undefined
  if (content[0] === '>') {
    takeQuote(line)
    return { container: { type: 'quote' } }
  }
  if (!complete && HALF_MARKER.test(content)) return WAIT
  const number = NUMBER.exec(content)
  const marker = (number ?? BULLET.exec(content))?.[0]
  if (marker === undefined) return undefined
  const after = content.slice(marker.length)
  const blank = isBlank(after)
  // What comes after the marker says how far the item is indented.
  if (blank && !complete) return WAIT
  // [spec] 5.2: a number in a text that happens to begin a line starts no list.
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
