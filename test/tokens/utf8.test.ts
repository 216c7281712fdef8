import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_BYTES_PER_UNIT, writeUtf8 } from '../../worker/tokens/utf8.ts'
import { randomText } from './texts.ts'

test('writeUtf8 writes what TextEncoder writes', () => {
  const property = fc.property(randomText, fc.nat(60), (text, from) => {
    const into = new Uint8Array(text.length * MAX_BYTES_PER_UNIT)
    const length = writeUtf8(text, Math.min(from, text.length), text.length, into)
    expect(into.subarray(0, length)).toEqual(new TextEncoder().encode(text.slice(from)))
  })
  fc.assert(property, { numRuns: 2000 })
})
