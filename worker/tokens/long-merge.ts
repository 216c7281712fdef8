import { createMerge, type Merge } from './merge.ts'
import type { Ranks } from './ranks.ts'

/**
 * Bytes merged at once. A pre-token that is longer (no word of any language is) is merged in windows of this
 * size, so that the memory it takes doesn't grow with it.
 */
const WINDOW_BYTES = 4096

/** The most bytes of two tokens, which are merged at a junction (a rank file has one byte for a length). */
const TWO_TOKENS = 2 * 255

/**
 * The share of a window, at its end, that the next window merges again, because the bytes after it affect
 * it.
 */
const OVERLAP = 1 / 16

/** How much longer the windows get if two don't fit together. Only a text made for it causes that. */
const WIDEN = 16

/**
 * Counts the tokens of a piece of any length, by merging it in overlapping windows.
 *
 * Why that is exact: a join depends on nothing but the ranks of the pairs around it. So while nothing is
 * joined across a place, the bytes on its two sides are joined as if each side stood alone, and it follows
 * that (1) parts that stand in a row in a result are the result for their own bytes; (2) the parts of A and
 * the parts of B are the parts of AB if and only if nothing is joined across their junction; and (3), by
 * (1), that depends on the last part of A and the first one of B alone. Merging these two tells.
 *
 * @param windowBytes is for tests: small windows meet the special cases often.
 */
export function createLongMerge(ranks: Pick<Ranks, 'find'>, windowBytes = WINDOW_BYTES) {
  const merge = createMerge(ranks, Math.max(windowBytes, TWO_TOKENS))

  /** @returns how many tokens `bytes[from, to)` merges into, even if the whole is a token */
  return (bytes: Uint8Array, from: number, to: number): number => {
    const length = to - from
    if (length <= windowBytes) return merge.parts(bytes, from, to)
    let count = countInWindows(merge, windowBytes, bytes, from, to)
    for (let size = WIDEN * windowBytes; count === undefined; size *= WIDEN) {
      const wider = Math.min(size, length)
      count = countInWindows(createMerge(ranks, Math.max(wider, TWO_TOKENS)), wider, bytes, from, to)
    }
    return count
  }
}

/** `undefined` where two windows don't fit together. */
function countInWindows(
  merge: Merge,
  windowBytes: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): number | undefined {
  let settled = 0
  let start = from
  let lastPart = from
  while (true) {
    const end = Math.min(start + windowBytes, to)
    const parts = merge.parts(bytes, start, end)
    const firstEnd = start + merge.partEnd(0)

    // The parts to keep: at least one, and all that end before the overlap.
    const keep = Math.floor((end - start) * (1 - OVERLAP))
    let kept = 0
    let keptPart = 0
    let keptEnd = 0
    do {
      keptPart = keptEnd
      keptEnd = merge.partEnd(keptPart)
      kept++
    } while (start + keptEnd < end && merge.partEnd(keptEnd) <= keep)

    const fits = start === from || isJunction(merge, bytes, lastPart, start, firstEnd)
    if (!fits) return undefined
    if (end === to) return settled + parts
    settled += kept
    lastPart = start + keptPart
    start += keptEnd
  }
}

/** Whether `bytes[from, at)` and `bytes[at, to)`, one part each, stay two parts when merged together. */
function isJunction(merge: Merge, bytes: Uint8Array, from: number, at: number, to: number): boolean {
  return merge.parts(bytes, from, to) === 2 && from + merge.partEnd(0) === at
}
