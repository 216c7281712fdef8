import { expect, test } from 'vitest'
import { createChance } from '../../../scripts/simulate/chance.ts'
import { simulateKey } from '../../../scripts/simulate/key.ts'
import { createGauge, createServer, spreadOf } from '../../../scripts/simulate/server.ts'
import { readWorkTimes } from '../../../scripts/simulate/work.ts'

test('an object does one request at a time, in order', () => {
  const gauge = createGauge(0)
  const server = createServer(gauge)
  expect([0, 1, 2, 50, 1050].map((at) => server.serve(at, 10))).toEqual([10, 20, 30, 60, 1060])
  expect(gauge.waits).toEqual([0, 9, 18, 0, 0])
  expect([gauge.busiest, gauge.bySecond]).toEqual([4, [4, 1]])
})

test('what came before the measured time counts as work and not as a figure', () => {
  const gauge = createGauge(100)
  const server = createServer(gauge)
  server.serve(95, 10)
  expect([server.serve(101, 10), gauge.waits]).toEqual([115, [4]])
})

test('figures are spread by their order', () => {
  expect(spreadOf(Array.from({ length: 100 }, (_, i) => 99 - i))).toEqual({ p50: 50, p99: 99, max: 99 })
  expect(spreadOf([])).toEqual({ p50: 0, p99: 0, max: 0 })
})

test('streams that are too much for one object are not for eight', () => {
  const work = { ...readWorkTimes(), token: 0.1 }
  const keyOf = (shards: number) => simulateKey({ streams: 240, shards, pace: 50 }, work, createChance(1))
  const [one, eight] = [keyOf(1), keyOf(8)]
  expect([one.most, one.load]).toEqual([240, 1.2])
  expect(one.crossing.p50).toBeGreaterThan(300)
  expect(one.refused, 'five are opened, and 64 wait').toBe(240 - 69)
  expect(eight.load).toBeLessThan(0.3)
  expect(eight.crossing.p99).toBeLessThan(10)
  expect(eight.refused).toBe(0)
})
