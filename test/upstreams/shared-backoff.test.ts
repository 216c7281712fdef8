import { expect, test } from 'vitest'
import { MODERATION_RETRY_BUDGET } from '../../worker/limits.ts'
import { createSharedBackoff } from '../../worker/upstreams/shared-backoff.ts'

const BUDGET = {
  ...MODERATION_RETRY_BUDGET,
  backoff: 100,
  longestBackoff: 1000,
  probe: 50,
  longestRetryAfter: 5000,
}
const backoff = () => createSharedBackoff(BUDGET, () => 0.5)

test('after a success there is no wait', () => {
  const it = backoff()
  expect(it.wait(0)).toBe(0)
  it.succeeded(0)
  expect(it.wait(0)).toBe(0)
  expect(it.wait(0)).toBe(0)
})

test('each failure in a row doubles the wait, up to a bound', () => {
  const it = backoff()
  const waits: number[] = []
  let now = 0
  for (let failure = 0; failure < 6; failure++) {
    expect(it.wait(now)).toBe(0)
    it.failed(now, now)
    waits.push(it.wait(now))
    now += it.wait(now)
  }
  expect(waits).toEqual([100, 200, 400, 800, 1000, 1000])
})

test('failures of calls that were under way together count once', () => {
  const it = backoff()
  for (let i = 0; i < 10; i++) it.wait(0)
  for (let i = 1; i <= 10; i++) it.failed(0, i)
  expect(it.wait(10)).toBe(100)
})

test('a Retry-After counts, within reason', () => {
  const it = backoff()
  it.failed(0, 0, 2000)
  expect(it.wait(0)).toBe(2000)
  it.failed(0, 0, 10 ** 9)
  expect(it.wait(0)).toBe(5000)
})

test('after a failure one call goes ahead of the others, until one has got through', () => {
  const it = backoff()
  it.failed(0, 0)
  expect(it.wait(100)).toBe(0)
  expect(it.wait(100)).toBe(50)
  expect(it.wait(150)).toBe(0)
  it.succeeded(150)
  expect(it.wait(151)).toBe(0)
  expect(it.wait(151)).toBe(0)
})

test('a success that had begun before the failure ends no wait', () => {
  const it = backoff()
  it.failed(5, 10)
  it.succeeded(0)
  expect(it.wait(10)).toBe(100)
})
