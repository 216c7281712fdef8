import { createMinHeap } from './min-heap.ts'
import { NO_RANK, type Ranks } from './ranks.ts'

/** A heap entry is `rank * POSITIONS + position`: the lowest rank first, the leftmost of equal ones. */
const POSITIONS = 2 ** 32

/** 2^13 pairs whose rank is remembered, 12 bytes each: in any text few pairs make up most. */
const MEMO_BITS = 13

/** More than any encoding has tokens: a pair is remembered by `left * RANKS + right`. */
const RANKS = 2 ** 20

/** Byte pair encoding of one piece at a time. The ends of its parts can be read until the next piece. */
export interface Merge {
  /**
   * Joins the bytes of `bytes[from, to)` pair by pair: always the pair whose joined bytes have the lowest
   * rank, the leftmost of equal ones. At most `capacity` bytes.
   *
   * @returns how many parts are left: the piece's tokens
   */
  parts(bytes: Uint8Array, from: number, to: number): number
  /** Where the part ends that starts at `at`, both counted from the piece's start. */
  partEnd(at: number): number
}

/** Keeps 40 bytes for each byte of `capacity`, and 100 KB. n bytes take n log n steps. */
export function createMerge(ranks: Pick<Ranks, 'find'>, capacity: number): Merge {
  // A doubly linked list of parts, each identified by its start, with its own rank and the rank of its join
  // with the next part.
  const next = new Int32Array(capacity + 1)
  const previous = new Int32Array(capacity + 1)
  const ownRank = new Int32Array(capacity + 1)
  const pairRank = new Int32Array(capacity + 1)
  // One pair for every byte at first, then two new pairs for each join.
  const heap = createMinHeap(3 * capacity)
  const memoKeys = new Float64Array(2 ** MEMO_BITS).fill(-1)
  const memoRanks = new Int32Array(2 ** MEMO_BITS)
  const byteRanks = Int32Array.from({ length: 256 }, (_, byte) => ranks.find(Uint8Array.of(byte), 0, 1))

  let piece: Uint8Array = new Uint8Array()
  let start = 0
  let length = 0

  function rankPair(at: number): void {
    const second = next[at] as number
    const rank = second < length ? rankOf(at, second) : NO_RANK
    pairRank[at] = rank
    if (rank !== NO_RANK) heap.push(rank * POSITIONS + at)
  }

  function rankOf(first: number, second: number): number {
    const left = ownRank[first] as number
    const right = ownRank[second] as number
    const key = left * RANKS + right
    const slot = (Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)) >>> (32 - MEMO_BITS)
    if (memoKeys[slot] !== key) {
      memoKeys[slot] = key
      memoRanks[slot] = ranks.find(piece, start + first, start + (next[second] as number))
    }
    return memoRanks[slot] as number
  }

  return {
    parts(bytes, from, to) {
      piece = bytes
      start = from
      length = to - from
      heap.clear()
      for (let at = 0; at < length; at++) {
        next[at] = at + 1
        previous[at] = at - 1
        ownRank[at] = byteRanks[bytes[from + at] as number] as number
      }
      for (let at = 0; at < length; at++) rankPair(at)

      let left = length
      while (heap.size() > 0) {
        const entry = heap.pop()
        const rank = Math.floor(entry / POSITIONS)
        const at = entry - rank * POSITIONS
        // A pair that has since been joined or grown is stale. It can't be taken for a newer one: a pair at
        // one place only grows, and longer bytes have another rank.
        if (pairRank[at] !== rank) continue
        const second = next[at] as number
        const after = next[second] as number
        next[at] = after
        previous[after] = at
        ownRank[at] = rank
        pairRank[second] = NO_RANK
        left--
        rankPair(at)
        if (at > 0) rankPair(previous[at] as number)
      }
      return left
    },
    partEnd: (at) => next[at] as number,
  }
}
