/**
 * Splits growing text into blocks, so that a browser lays out only the last one. The pieces together are the
 * exact text. Blocks end after a line feed where there is one, so pre-wrapped blocks look like one text.
 */

export interface BlockPiece {
  text: string
  /** The kind of the block that the piece starts; `undefined` if it continues the last block. */
  starts: 'prose' | 'code' | undefined
}

/** A block ends at a blank line after this many characters, and at any line end after twice as many. */
export const BLOCK_CHARS = 1000

/** A longer line is cut at white space, or anywhere after twice as many characters. */
export const LINE_CHARS = 4000

const FENCE = /^ {0,3}```/
/** A line that may still become a fence. */
const PARTIAL_FENCE = /^ {0,3}`{0,2}$/

/**
 * @example
 *   const split = createBlockSplitter()
 *   // The second line may be a fence, so it is held back.
 *   split.push('Like this:\n``') // [{ text: 'Like this:\n', starts: 'prose' }]
 *   split.push('`js\n') // [{ text: '```js\n', starts: 'code' }]
 */
export function createBlockSplitter(): { push(text: string): BlockPiece[]; end(): BlockPiece[] } {
  let kind: 'prose' | 'code' = 'prose'
  let length = 0
  let fresh = true
  let lineStart = true
  let blank = false
  let closing = false
  let held = ''

  function begin(next: 'prose' | 'code'): void {
    kind = next
    fresh = true
    length = 0
  }

  /** Starts a line, and a block with it where one is due. */
  function startLine(line: string): void {
    if (closing) begin('prose')
    closing = false
    const fence = FENCE.test(line)
    if (fence && kind === 'prose') begin('code')
    else if (fence) closing = true
    else if (length >= 2 * BLOCK_CHARS || (length >= BLOCK_CHARS && blank && kind === 'prose')) begin(kind)
    blank = true
  }

  function piece(text: string): BlockPiece {
    const starts = fresh ? kind : undefined
    fresh = false
    length += text.length
    return { text, starts }
  }

  /** Takes a line, or a part of one. */
  function* take(part: string): Generator<BlockPiece> {
    let rest = part
    while (length + rest.length > LINE_CHARS) {
      const cut = findCut(rest, LINE_CHARS - length)
      if (cut === undefined) break
      if (cut > 0) yield piece(rest.slice(0, cut))
      rest = rest.slice(cut)
      begin(kind)
    }
    if (rest !== '') yield piece(rest)
  }

  function* split(text: string, final: boolean): Generator<BlockPiece> {
    const lines = (held + text).split(/(?<=\n)/)
    held = ''
    for (const [index, line] of lines.entries()) {
      if (lineStart && !final && index === lines.length - 1 && PARTIAL_FENCE.test(line)) {
        held = line
        return
      }
      if (line === '') continue
      if (lineStart) startLine(line)
      yield* take(line)
      lineStart = line.endsWith('\n')
      // The line may come in several parts.
      blank &&= line.trim() === ''
    }
  }

  return { push: (text) => [...split(text, false)], end: () => [...split('', true)] }
}

/**
 * Where to cut a line whose block has room for `room` more characters: after white space, never inside a
 * surrogate pair.
 */
function findCut(text: string, room: number): number | undefined {
  const from = Math.max(0, room)
  const hard = Math.max(0, room + LINE_CHARS)
  const space = text.slice(from, hard).search(/\s/)
  if (space >= 0) return from + space + 1
  if (text.length <= hard) return undefined
  const inside = (text.charCodeAt(hard) & 0xfc00) === 0xdc00
  return inside ? hard + 1 : hard
}
