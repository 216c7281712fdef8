import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cpuTime } from '../support/cpu-time.ts'
import { ENCODINGS } from './encodings.ts'
import { CODE, LANGUAGES, ODD, randomText } from './texts.ts'

describe.each(ENCODINGS)('count, $encoding', ({ counter, oracle }) => {
  test.each(Object.entries({ ...CODE, ...LANGUAGES, ...ODD }))('%s: as js-tiktoken', (_, text) => {
    expect(counter.count(text)).toBe(oracle(text))
  })

  test('10,000 random texts: as js-tiktoken', () => {
    const property = fc.property(randomText, (text) => counter.count(text) === oracle(text))
    // When it fails, fast-check prints the seed and the shortest text that does.
    fc.assert(property, { numRuns: 2_000 })
  })

  test('a run of one character: as js-tiktoken at every length', () => {
    for (const character of ['x', ' ', '=', '\n', '漢', '\u0301', '\ud800', '𝐀']) {
      for (let n = 0; n <= 150; n += n < 40 ? 1 : 11) {
        const text = character.repeat(n)
        expect(counter.count(text), `${JSON.stringify(character)} × ${n}`).toBe(oracle(text))
      }
    }
  })

  test('a word longer than a window: as js-tiktoken', () => {
    for (const text of ['散步天气'.repeat(350), 'xyzzy'.repeat(850)]) {
      expect(counter.count(text)).toBe(oracle(text))
    }
  })
})

describe.each(ENCODINGS.slice(0, 1))('a megabyte of anything, $encoding', ({ counter, oracle }) => {
  // js-tiktoken would take hours. A long run of one character is one token again and again: what 128 more
  // of it add, which the oracle knows, each further 128 must add.
  test.each(['x', ' ', '=', '\n', 'A', '-', '漢', '😀'])('%j: so many tokens a character', (character) => {
    const period = 128
    const first = oracle(character.repeat(period))
    const more = oracle(character.repeat(3 * period)) - oracle(character.repeat(2 * period))
    const periods = 2 ** 20 / period
    expect(counter.count(character.repeat(periods * period))).toBe(first + (periods - 1) * more)
  })

  test('short words without end: counted in time', () => {
    // Work that grows with the square would take hours, so the bound can be loose.
    const counts: number[] = []
    const took = cpuTime(() => {
      for (const text of ['aA', ' \n', '漢A', "'l", '\u0301!', '1a', '/\n', '散步天气非常好'])
        counts.push(counter.count(text.repeat(2 ** 20 / text.length)))
    })
    expect(Math.min(...counts)).toBeGreaterThan(1000)
    expect(took).toBeLessThan(60_000)
  })
})
