import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCounter } from '../../worker/tokens/counter.ts'
import { ENCODINGS } from './encodings.ts'
import { CODE, LANGUAGES, ODD, randomText } from './texts.ts'

describe.each(ENCODINGS)('incremental, $encoding', ({ counter, ranks }) => {
  function countOf(deltas: Iterable<string>): number {
    const count = counter.incremental()
    for (const delta of deltas) count.push(delta)
    return count.end()
  }

  test.each(Object.entries({ ...CODE, ...LANGUAGES, ...ODD }))(
    '%s: at every split, unit by unit',
    (_, text) => {
      const long = text.repeat(3)
      const whole = counter.count(long)
      for (let at = 0; at <= long.length; at++)
        expect(countOf([long.slice(0, at), long.slice(at)])).toBe(whole)
      expect(countOf(long.split(''))).toBe(whole)
    },
  )

  test('random texts at random splits, and never more committed than there is', () => {
    const property = fc.property(randomText, fc.array(fc.integer({ min: 0, max: 90 })), (text, lengths) => {
      const count = counter.incremental()
      let at = 0
      for (const length of [...lengths, text.length]) {
        count.push(text.slice(at, at + length))
        at += length
        const soFar = counter.count(text.slice(0, at))
        expect(count.end()).toBe(soFar)
        expect(count.committed).toBeLessThanOrEqual(soFar)
      }
      expect(count.end()).toBe(counter.count(text))
    })
    fc.assert(property, { numRuns: 1000 })
  })

  test('what is committed keeps up with a usual answer', () => {
    const text = CODE.python?.repeat(20) ?? ''
    const count = counter.incremental()
    for (let at = 0; at < text.length; at += 4) {
      count.push(text.slice(at, at + 4))
      expect(count.end() - count.committed).toBeLessThan(100)
    }
    expect(count.committed).toBeGreaterThan(1000)
  })

  test('one endless word in small deltas is looked at a few times, not once a delta', () => {
    let walked = 0
    const watched = createCounter({
      ...ranks,
      preTokenEnd(text, from) {
        const to = ranks.preTokenEnd(text, from)
        walked += to - from
        return to
      },
    })
    const count = watched.incremental()
    const size = 2 ** 16
    for (let at = 0; at < size; at += 4) count.push('xxxx')
    // Without care: 16,384 deltas, each over all before it: 537 million characters.
    expect(walked).toBeLessThan(3 * size)
    expect(count.end()).toBe(counter.count('x'.repeat(size)))
  })
})
