import { createCharClasses } from './char-classes.ts'
import { type PreTokenEnd, preTokens } from './pre-tokens.ts'
import { hash, readShape, sections } from './rank-file.ts'

/** The rank of bytes that are no token. */
export const NO_RANK = -1

/** What counting needs of an encoding. */
export interface Ranks {
  /** How a text is split before its bytes are looked up and merged. */
  readonly preTokenEnd: PreTokenEnd
  /** The rank (lower merges first) of the token that is `bytes[from, to)`, or `NO_RANK`. */
  find(bytes: Uint8Array, from: number, to: number): number
}

/**
 * Opens a packed rank file where it lies: typed arrays over `file`, nothing read or built. `file` must not
 * change afterwards.
 *
 * @example createCounter(openRanks(o200k)).count('Hello, world') // 3
 * @throws {TypeError} for anything but a rank file of this version.
 */
export function openRanks(file: ArrayBuffer): Ranks {
  const shape = readShape(file)
  const { firsts, offsets, low, high, lengths, text, pages, classes } = sections(file, shape)
  const { longest } = shape
  const mask = 2 ** shape.bucketBits - 1

  return {
    preTokenEnd: preTokens(shape.split, createCharClasses(pages, classes)),
    find(bytes, from, to) {
      const length = to - from
      if (length > longest) return NO_RANK
      const bucket = hash(bytes, from, to) & mask
      const end = firsts[bucket + 1] as number
      let at = offsets[bucket] as number
      for (let i = firsts[bucket] as number; i < end; i++) {
        const one = lengths[i] as number
        if (one === length && same(bytes, from, text, at, length)) {
          return (low[i] as number) | ((high[i] as number) << 16)
        }
        at += one
      }
      return NO_RANK
    },
  }
}

function same(a: Uint8Array, fromA: number, b: Uint8Array, fromB: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[fromA + i] !== b[fromB + i]) return false
  return true
}
