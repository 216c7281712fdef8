import { expect, test } from 'vitest'
import { BY_HOUR, byHour, crowd, PEAK_HOUR, rateAt } from '../../../scripts/simulate/arrivals.ts'
import { createChance } from '../../../scripts/simulate/chance.ts'

const HOUR = 3_600_000
const DAY = Date.UTC(2026, 10, 30)

test('the rates of a day’s hours add up to its visitors', () => {
  const sum = BY_HOUR.reduce((all, _, hour) => all + rateAt(10_000, hour) * 3600, 0)
  expect(sum).toBeCloseTo(10_000)
})

test('as many come as the day has visitors, by its curve', () => {
  const times = byHour(20_000, DAY, DAY + 24 * HOUR, createChance(1))
  expect(times.length).toBeGreaterThan(19_500)
  expect(times.length).toBeLessThan(20_500)
  const inHour = (hour: number) =>
    times.filter((at) => at >= DAY + hour * HOUR && at < DAY + (hour + 1) * HOUR).length
  for (const hour of [0, 4, 12, PEAK_HOUR]) {
    expect(inHour(hour) / (rateAt(20_000, hour) * 3600), `hour ${hour}`).toBeCloseTo(1, 0)
  }
  expect(times).toEqual(times.toSorted((a, b) => a - b))
})

test('a crowd comes within a minute, most of it in the first half', () => {
  const times = crowd(1000, DAY, createChance(1))
  expect(times).toHaveLength(1000)
  expect([times[0] ?? 0, times.at(-1) ?? 0].map((at) => at >= DAY && at < DAY + 60_000)).toEqual([true, true])
  expect(times.filter((at) => at < DAY + 30_000).length).toBeGreaterThan(550)
})

test('chance is the same for the same seed', () => {
  const draw = (seed: number) => Array.from({ length: 5 }, createChance(seed).next)
  expect(draw(7)).toEqual(draw(7))
  expect(draw(7)).not.toEqual(draw(8))
})
