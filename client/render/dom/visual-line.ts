/** Finds where lines start in inline content as the browser has laid it out. */
import type { Place } from './cursor.ts'

/** Before a node, or at an index in a text. */
export interface LineStart {
  node: ChildNode
  index: number
}

/**
 * The last line start before `end`, between sibling nodes or in a text among them.
 *
 * @param after the node behind which the content begins, or `null` for its parent's start
 * @param fits whether a line start will do
 */
export function lastLineStart(
  end: Place,
  after: ChildNode | null,
  fits: (start: LineStart) => boolean,
): LineStart | undefined {
  const range = document.createRange()
  /** What follows, if it is laid out: its first node, and the top of its first line. */
  let following: { node: ChildNode; middle: number } | undefined
  for (let node = end.last; node && node !== after; node = node.previousSibling) {
    range.selectNodeContents(node)
    if (node instanceof Text && node === end.last) range.setEnd(node, end.offset)
    const rects = [...(node instanceof Element ? node : range).getClientRects()]
    const [first] = rects
    // White space at a line's end has no place.
    if (!first) continue
    if (following && rects.every(({ bottom }) => bottom < (following?.middle ?? 0))) {
      const start = { node: following.node, index: 0 }
      if (fits(start)) return start
    }
    for (let index = range.endOffset; node instanceof Text && index > 0; ) {
      index = lineStart(node, index)
      if (index > 0 && fits({ node, index })) return { node, index }
    }
    following = { node, middle: (first.top + first.bottom) / 2 }
  }
  return undefined
}

/** The index at which the line of the character before `end` starts; 0 if it starts before this text. */
function lineStart(text: Text, end: number): number {
  const range = document.createRange()
  const topFrom = (start: number): number => {
    range.setStart(text, start)
    range.setEnd(text, end)
    return range.getBoundingClientRect().top
  }
  let high = end - 1
  while (high > 0 && /\s/.test(text.data.charAt(high))) high--
  const top = topFrom(high)
  let low = 0
  // Binary search for the first index whose text up to `end` has nothing above that line.
  while (low < high) {
    const middle = (low + high) >> 1
    if (topFrom(middle) < top) low = middle + 1
    else high = middle
  }
  // A line feed has no place of its own, and ends the line before.
  return low > 0 && text.data.charAt(low) === '\n' ? low + 1 : low
}
