import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createLongMerge } from '../../worker/tokens/long-merge.ts'
import { createMerge } from '../../worker/tokens/merge.ts'
import { NO_RANK } from '../../worker/tokens/ranks.ts'
import { ENCODINGS } from './encodings.ts'
import { randomText } from './texts.ts'

/** Byte pair encoding as it is defined, in as many steps as that takes: the lengths of the parts. */
function mergeSlowly(bytes: Uint8Array, find: Find): number[] {
  const parts = Array.from(bytes, (_, i) => [i, i + 1] as [number, number])
  while (true) {
    const ranks = parts.slice(1).map(([, to], i) => find(bytes, (parts[i] as [number, number])[0], to))
    const lowest = Math.min(...ranks.filter((rank) => rank !== NO_RANK))
    const at = ranks.indexOf(lowest)
    if (at === -1) return parts.map(([from, to]) => to - from)
    const [[from], [, to]] = parts.splice(at, 2) as [[number, number], [number, number]]
    parts.splice(at, 0, [from, to])
  }
}

type Find = (bytes: Uint8Array, from: number, to: number) => number

/** An encoding of the letters a to d by chance, in which ranks follow no order of training at all. */
function chaos(tokens: readonly string[]): { find: Find } {
  const ranks = new Map(['a', 'b', 'c', 'd', ...tokens].map((token, rank) => [token, rank]))
  return { find: (bytes, from, to) => ranks.get(String.fromCharCode(...bytes.subarray(from, to))) ?? NO_RANK }
}

const letters = (maxLength: number) =>
  fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd'), minLength: 1, maxLength })
const vocabulary = fc.uniqueArray(
  letters(6).filter((token) => token.length > 1),
  { minLength: 3, maxLength: 40 },
)
const encode = (text: string) => new TextEncoder().encode(text)

describe('merging', () => {
  test('joins what the definition joins', () => {
    const property = fc.property(vocabulary, letters(80), (tokens, text) => {
      const ranks = chaos(tokens)
      const merge = createMerge(ranks, 80)
      const bytes = encode(text)
      const lengths = mergeSlowly(bytes, ranks.find)
      expect(merge.parts(bytes, 0, bytes.length)).toBe(lengths.length)
      let at = 0
      for (const length of lengths) {
        expect(merge.partEnd(at)).toBe(at + length)
        at += length
      }
    })
    fc.assert(property, { numRuns: 1000 })
  })

  test('in windows of any size comes to the same, whatever the ranks', () => {
    const property = fc.property(
      vocabulary,
      letters(200),
      fc.integer({ min: 6, max: 40 }),
      (tokens, text, size) => {
        const ranks = chaos(tokens)
        const bytes = encode(text)
        expect(createLongMerge(ranks, size)(bytes, 0, bytes.length)).toBe(
          mergeSlowly(bytes, ranks.find).length,
        )
      },
    )
    fc.assert(property, { numRuns: 2000 })
  })

  test('windows that don’t fit together are widened', () => {
    // From the right: each join waits for the one to its right, so that the end decides about the start.
    const text = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'
    const pairs = Array.from({ length: text.length - 1 }, (_, i) => text.slice(i, i + 2)).reverse()
    const ranks = new Map([...pairs, ...text].map((token, rank) => [token, rank]))
    const find: Find = (bytes, from, to) =>
      ranks.get(String.fromCharCode(...bytes.subarray(from, to))) ?? NO_RANK
    for (const bytes of [encode(text), encode(text.slice(1)), encode(text.repeat(5))]) {
      const parts = mergeSlowly(bytes, find).length
      for (const size of [4, 5, 6, 7, 30]) {
        expect(createLongMerge({ find }, size)(bytes, 0, bytes.length)).toBe(parts)
      }
    }
  })

  test.each(ENCODINGS)('real ranks, $encoding: windows of 140 bytes come to the same as one', ({ ranks }) => {
    const property = fc.property(randomText, (text) => {
      const bytes = encode(text)
      const whole = createMerge(ranks, 2000).parts(bytes, 0, Math.min(2000, bytes.length))
      expect(createLongMerge(ranks, 140)(bytes, 0, Math.min(2000, bytes.length))).toBe(whole)
    })
    fc.assert(property, { numRuns: 500 })
  })
})
