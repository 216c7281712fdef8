import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatDuration, rateHeaders, retryHeaders } from '../../worker/admission/rate-headers.ts'

const NOON = Date.UTC(2026, 10, 22, 12)

describe('durations', () => {
  test.each([
    [0, '0s'],
    [20, '20ms'],
    [999.2, '1s'],
    [1000, '1s'],
    [1500, '1.5s'],
    [59_999, '59.999s'],
    [60_000, '1m0s'],
    [360_000, '6m0s'],
    [3_600_000, '1h0m0s'],
    [39_720_000, '11h2m0s'],
    [85_656_648, '23h47m36.648s'],
    [-5, '0s'],
  ])('%d ms are %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })

  test("are what Go's ParseDuration reads, to the millisecond", () => {
    const units: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 }
    const property = fc.property(fc.nat(100_000_000), (ms) => {
      const text = formatDuration(ms)
      expect(text).toMatch(/^(\d+(\.\d+)?(h|ms|m|s))+$/)
      const parts = [...text.matchAll(/([\d.]+)(h|ms|m|s)/g)]
      const sum = parts.reduce(
        (total, [, number, unit]) => total + Number(number) * (units[unit ?? ''] ?? Number.NaN),
        0,
      )
      expect(sum).toBeCloseTo(ms, 3)
    })
    fc.assert(property)
  })
})

test('every answer tells the limits, what is left, and when they begin anew', () => {
  const state = { limit: 20_000, left: 18_720, resetsAt: NOON + 39_720_000, running: 1, concurrency: 3 }
  expect(rateHeaders(state, NOON)).toEqual({
    'x-ratelimit-limit-tokens': '20000',
    'x-ratelimit-remaining-tokens': '18720',
    'x-ratelimit-reset-tokens': '11h2m0s',
    'x-ratelimit-limit-requests': '3',
    'x-ratelimit-remaining-requests': '2',
    'x-ratelimit-reset-requests': '2s',
  })
})

test('a missing limit has no headers', () => {
  const state = { limit: undefined, left: undefined, resetsAt: NOON, running: 0, concurrency: undefined }
  expect(rateHeaders(state, NOON)).toEqual({})
})

test('a limit that was lowered while more calls ran leaves nothing, not less', () => {
  const state = { limit: undefined, left: undefined, resetsAt: NOON, running: 5, concurrency: 3 }
  expect(rateHeaders(state, NOON)).toMatchObject({ 'x-ratelimit-remaining-requests': '0' })
})

test.each([
  [2000, '2', '2000', 'true'],
  [1, '1', '1', 'true'],
  [0, '1', '1', 'true'],
  [60_000, '60', '60000', 'true'],
  // OpenAI's SDK would not wait so long, but try again within seconds.
  [60_001, '61', '60001', 'false'],
  [43_200_000, '43200', '43200000', 'false'],
])('a refusal for %d ms tells when to come back', (ms, seconds, milliseconds, retried) => {
  expect(retryHeaders(ms)).toEqual({
    'retry-after': seconds,
    'retry-after-ms': milliseconds,
    'x-should-retry': retried,
  })
})
