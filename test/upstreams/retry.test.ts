import { expect, test } from 'vitest'
import { retryDelay } from '../../worker/upstreams/retry.ts'

const now = Date.parse('2026-11-22T12:00:00Z')
const delay = (
  status: number | 'unreachable',
  headers = {},
  { code = null as string | null, retries = 0, random = 0.5 } = {},
) => retryDelay({ status, headers: new Headers(headers), code }, retries, random, now)

test.each(['unreachable', 429, 500, 502, 503, 504] as const)(
  '%s is tried again, twice at the most',
  (status) => {
    expect(delay(status)).toBe(250)
    expect(delay(status, {}, { retries: 1 })).toBe(500)
    expect(delay(status, {}, { retries: 2 })).toBeUndefined()
  },
)

test.each([301, 400, 401, 403, 404, 409, 422, 501])('%s is not tried again', (status) =>
  expect(delay(status)).toBeUndefined(),
)

test('backoff spreads by a quarter to both sides', () => {
  expect(delay(500, {}, { random: 0 })).toBe(187.5)
  expect(delay(500, {}, { random: 1 })).toBe(312.5)
})

test('Retry-After is honoured up to its bound', () => {
  expect(delay(429, { 'retry-after': '2' })).toBe(2000)
  expect(delay(429, { 'retry-after-ms': '120', 'retry-after': '2' })).toBe(120)
  expect(delay(503, { 'retry-after': 'Sun, 22 Nov 2026 12:00:03 GMT' })).toBe(3000)
  expect(delay(429, { 'retry-after': '5' })).toBe(5000)
  expect(delay(429, { 'retry-after': '6' })).toBeUndefined()
  expect(delay(429, { 'retry-after': 'soon' })).toBe(250)
})

test('an upstream that says no, and a spent quota, are believed', () => {
  expect(delay(500, { 'x-should-retry': 'false' })).toBeUndefined()
  expect(delay(429, {}, { code: 'insufficient_quota' })).toBeUndefined()
})
