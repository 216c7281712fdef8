import { expect, test } from 'vitest'
import { waitLine } from '../../client/page/wait-line.ts'

test.each([
  [1, '1 s'],
  [44_100, '45 s'],
  [59_000, '59 s'],
  [59_001, '1 min 00 s'],
  [125_000, '2 min 05 s'],
  [540_000, '9 min 00 s'],
  [540_001, '10 min'],
  [2_500_000, '42 min'],
  [3_540_001, '1 h'],
  [3_600_001, '1 h 1 min'],
  [19_283_000, '5 h 22 min'],
  [86_400_000, '24 h'],
])('%i ms are %s', (ms, line) => {
  expect(waitLine(ms)).toBe(line)
})
