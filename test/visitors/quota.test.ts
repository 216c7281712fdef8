import { describe, expect, test } from 'vitest'
import { SESSIONS_PER_ADDRESS } from '../../worker/limits.ts'
import { createQuota } from '../../worker/visitors/quota.ts'
import { openDatabase } from '../support/sqlite.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const NOW = Date.UTC(2026, 10, 22, 12)

const limits = [
  { name: 'minute', most: 3, ms: MINUTE },
  { name: 'day', most: 5, ms: DAY },
]

test('an address has its sessions a minute, and the next when the oldest is a minute old', () => {
  const quota = createQuota(openDatabase(), limits)
  for (const second of [0, 10, 20]) expect(quota.countSession(NOW + second * 1000)).toBeUndefined()
  for (const second of [20, 30, 59.999]) {
    expect(quota.countSession(NOW + second * 1000)).toEqual({ limit: limits[0], freeAt: NOW + MINUTE })
  }
  expect(quota.countSession(NOW + MINUTE)).toBeUndefined()
  expect(quota.countSession(NOW + MINUTE)).toEqual({ limit: limits[0], freeAt: NOW + 10_000 + MINUTE })
})

test('an address has its sessions a day, and the longer of two exceeded limits is told', () => {
  const quota = createQuota(openDatabase(), limits)
  for (let i = 0; i < 5; i++) expect(quota.countSession(NOW + i * MINUTE)).toBeUndefined()
  expect(quota.countSession(NOW + 5 * MINUTE)).toEqual({ limit: limits[1], freeAt: NOW + DAY })
  expect(quota.countSession(NOW + DAY - 1)).toBeDefined()
  expect(quota.countSession(NOW + DAY)).toBeUndefined()
})

test('a refused session does not count, so asking on does not extend the wait', () => {
  const quota = createQuota(openDatabase(), limits)
  for (let i = 0; i < 100; i++) quota.countSession(NOW + i)
  expect(quota.countSession(NOW + MINUTE)).toBeUndefined()
})

test('the turn of a minute does not double the limit', () => {
  const quota = createQuota(openDatabase(), limits)
  const turn = Math.ceil(NOW / MINUTE) * MINUTE
  for (const at of [-2, -1, -1]) expect(quota.countSession(turn + at)).toBeUndefined()
  for (const at of [0, 1, 1000]) expect(quota.countSession(turn + at)).toBeDefined()
})

test('1,000 requests at once from one address get as many sessions as the limit says', () => {
  const quota = createQuota(openDatabase(), SESSIONS_PER_ADDRESS)
  const granted = Array.from({ length: 1000 }, () => quota.countSession(NOW)).filter(
    (exceeded) => exceeded === undefined,
  )
  expect(granted).toHaveLength(10)
})

test('1,000 requests over a day get as many sessions as the limit says, and few rows are kept', () => {
  const sql = openDatabase()
  const quota = createQuota(sql, SESSIONS_PER_ADDRESS)
  let granted = 0
  for (let i = 0; i < 3000; i++) if (quota.countSession(NOW + (i * DAY) / 1000) === undefined) granted++
  expect(granted).toBe(600)
  expect(sql.rows('SELECT COUNT(*) AS rows FROM taken')).toEqual([{ rows: 200 }])
})

describe('the stored count', () => {
  test('survives a restart of the object', () => {
    const sql = openDatabase()
    for (let i = 0; i < 3; i++) createQuota(sql, limits).countSession(NOW)
    expect(createQuota(sql, limits).countSession(NOW)).toMatchObject({ limit: limits[0] })
  })

  test('can be deleted once none of it counts any more', () => {
    const quota = createQuota(openDatabase(), limits)
    expect(quota.emptyAt()).toBeUndefined()
    quota.countSession(NOW)
    quota.countSession(NOW + 5)
    expect(quota.emptyAt()).toBe(NOW + 5 + DAY)
  })
})
