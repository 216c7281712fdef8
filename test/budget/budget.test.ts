import { expect, test } from 'vitest'
import { createBudget } from '../../worker/budget/budget.ts'
import { openDatabase } from '../support/sqlite.ts'

const LIMITS = { tokensPerDay: 1000, concurrency: undefined, sliced: false }
const noTotal = { allot: () => Promise.reject(new Error('There is no total.')) }

test('a call that nothing was put aside for is charged at what it used, unless that is no count', () => {
  const budget = createBudget(openDatabase(), noTotal, () => 0)
  for (const used of [Number.NaN, -5, 1.5, Number.POSITIVE_INFINITY, 1e18]) budget.charge('absurd', used)
  budget.charge('counted', 42)
  expect(budget.usage(LIMITS)).toMatchObject({ used: 42, reserved: 0, running: 0 })
})
