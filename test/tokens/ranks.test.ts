import { describe, expect, test } from 'vitest'
import { NO_RANK, openRanks } from '../../worker/tokens/ranks.ts'
import { ENCODINGS } from './encodings.ts'

describe.each(ENCODINGS)('the packed $encoding', ({ file, ranks, tokens }) => {
  test('finds every token with its rank', () => {
    const all = tokens()
    const wrong = all.filter((token, rank) => ranks.find(token, 0, token.length) !== rank)
    expect(all.length).toBeGreaterThan(100_000)
    expect(wrong).toEqual([])
  })

  test('finds a token inside of other bytes', () => {
    const bytes = new TextEncoder().encode('a streamed answer')
    expect(ranks.find(bytes, 10, 17)).toBe(ranks.find(new TextEncoder().encode(' answer').slice(0, 7), 0, 7))
    expect(ranks.find(bytes, 10, 17)).not.toBe(NO_RANK)
  })

  test('finds nothing in what is no token', () => {
    const known = new Set(tokens().map((token) => token.join()))
    for (const token of tokens().slice(0, 20_000)) {
      const changed = Uint8Array.of(...token, 0xff)
      expect(known.has(changed.join())).toBe(ranks.find(changed, 0, changed.length) !== NO_RANK)
    }
    expect(ranks.find(new Uint8Array(0), 0, 0)).toBe(NO_RANK)
    expect(ranks.find(new Uint8Array(1000), 0, 1000)).toBe(NO_RANK)
  })

  test('refuses a file that is something else, or only a part', () => {
    const again = /pack it again/
    for (const wrong of [new ArrayBuffer(0), new ArrayBuffer(100), file.slice(0, -1), file.slice(8)]) {
      expect(() => openRanks(wrong)).toThrow(again)
    }
    const newer = file.slice(0)
    new Uint32Array(newer, 4, 1)[0] = 99
    expect(() => openRanks(newer)).toThrow(again)
  })

  test('is small enough to be loaded everywhere', () => {
    expect(file.byteLength).toBeLessThan(2.5 * 2 ** 20)
  })
})
