/** What counts as late, by beats at given times. */
import { expect, test } from 'vitest'
import { createLateness } from './lateness.ts'

/** Beats from and to these times, one after the other; the last may still run. */
function beatsAt(times: readonly [number, number | undefined][], end: number) {
  let time = 0
  const lateness = createLateness(() => time)
  for (const [from, to] of times) {
    time = from
    const over = lateness.begin()
    if (to === undefined) continue
    time = to
    over()
  }
  time = end
  return lateness
}

const QUICK: [number, number][] = Array.from({ length: 20 }, (_, i) => [i * 100, i * 100 + 30])

test.each<[string, [number, number | undefined][], [number, number], number]>([
  ['quick beats', QUICK, [0, 2000], 0],
  ['a slow beat', [[100, 1150]], [0, 2000], 1000],
  ['a slow beat before the time asked for', [[100, 1150]], [1200, 2000], 0],
  ['a slow beat that ends within it', [[100, 1150]], [900, 2000], 250],
  ['a slow beat that begins within it', [[100, 1150]], [0, 300], 200],
  [
    'two slow beats',
    [
      [0, 550],
      [600, 1150],
    ],
    [0, 2000],
    1000,
  ],
  ['a beat that runs', [[1000, undefined]], [0, 2000], 950],
])('%s: late by so much', (_, beats, [from, to], late) => {
  expect(beatsAt(beats, 2000).between(from, to)).toBe(late)
})

test('a time goes on without what was late', () => {
  expect(beatsAt([[100, 1150]], 4000).since(0)).toBe(3000)
})

test('a time goes on though all beats are late', () => {
  expect(beatsAt([[0, undefined]], 4000).since(0)).toBe(1000)
})
