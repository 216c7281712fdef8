import { expect, test } from 'vitest'
import { retryAfter } from '../../worker/protocol/retry-after.ts'

const now = Date.parse('2026-11-22T12:00:00Z')
const LATER = 'Sun, 22 Nov 2026 12:00:03 GMT'
const wait = (after: string, ms?: string) =>
  retryAfter(new Headers({ 'retry-after': after, ...(ms !== undefined && { 'retry-after-ms': ms }) }), now)

test.each([
  ['2', 2000],
  ['0', 0],
  ['0.5', 500],
  [' 7 ', 7000],
  [LATER, 3000],
  ['Sunday, 22-Nov-26 12:00:03 GMT', 3000],
  ['2026-11-22T12:00:03Z', 3000],
  ['Sun, 22 Nov 2026 11:00:00 GMT', 0],
])('Retry-After: %s says %i ms', (after, ms) => {
  expect(wait(after)).toBe(ms)
})

test.each([
  ['5, 5', 5000],
  ['5,5 , 5', 5000],
  [`${LATER}, ${LATER}`, 3000],
])('Retry-After: %s, one value several times, counts as that value', (after, ms) => {
  expect(wait(after)).toBe(ms)
})

test.each(['', 'soon', '-5', '5, 6', '5 6', '1e3', '0x10', 'Infinity', '5s', `${LATER}, 5`, '22'.repeat(20)])(
  'Retry-After: %j says nothing',
  (after) => {
    expect(wait(after)).toBeUndefined()
  },
)

test.each([
  ['120', 120],
  ['120.5', 120.5],
  ['120, 120', 120],
  // Nothing that makes sense, so the other header counts.
  ['', 9000],
  ['-1', 9000],
  ['120ms', 9000],
  ['1, 2', 9000],
])('retry-after-ms: %j goes before Retry-After: 9, and says %d ms', (text, ms) => {
  expect(wait('9', text)).toBe(ms)
})

test('without either header there is no wait', () => {
  expect(retryAfter(new Headers(), now)).toBeUndefined()
})
