import { expect, test } from 'vitest'
import { slopeOf } from './slope.ts'

test.each<[string, number[], number]>([
  ['one figure', [100], 0],
  ['none', [], 0],
  ['level', [7, 7, 7, 7], 0],
  ['two a minute', [100, 102, 104, 106], 2],
  ['falling', [9, 6, 3], -3],
  ['noise around a level', [10, 12, 10, 12, 10], 0],
  // A single jump counts for less than it does between the first and the last figure.
  ['a jump at the end', [0, 0, 0, 0, 10], 2],
])('the slope of %s', (_, figures, slope) => {
  expect(slopeOf(figures)).toBeCloseTo(slope, 9)
})
