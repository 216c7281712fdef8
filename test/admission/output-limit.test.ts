import { describe, expect, test } from 'vitest'
import { limitOutput } from '../../worker/admission/output-limit.ts'

const limit = (outputBounds: number[], choices: number, most?: number, reserved?: number) =>
  limitOutput({ outputBounds, choices }, most, reserved)

describe('a limit of 100 for each choice', () => {
  test.each([
    { bounds: [], choices: 1, each: 100, all: 100 },
    { bounds: [50], choices: 1, each: 50, all: 50 },
    { bounds: [100], choices: 1, each: 100, all: 100 },
    { bounds: [101], choices: 1, each: 100, all: 100 },
    { bounds: [10, 1000], choices: 1, each: 10, all: 10 },
    { bounds: [1000, 500], choices: 1, each: 100, all: 100 },
    { bounds: [20, 10], choices: 1, each: 10, all: 10 },
    { bounds: [], choices: 3, each: 100, all: 300 },
    { bounds: [7], choices: 3, each: 7, all: 21 },
  ])(
    'and $bounds asked for $choices: each is set to $each, all have $all',
    ({ bounds, choices, each, all }) => {
      expect(limit(bounds, choices, 100)).toEqual({ each, all })
    },
  )

  test('holds also where more tokens are put aside', () => {
    expect(limit([], 2, 100, 16_384)).toEqual({ each: 100, all: 200 })
  })
})

test('without a limit the caller bounds the answer, or nothing does', () => {
  expect(limit([], 2)).toEqual({ each: undefined, all: undefined })
  expect(limit([1e6], 2)).toEqual({ each: undefined, all: 2e6 })
  // Only the upstream knows which of the two it heeds.
  expect(limit([10, 1000], 1)).toEqual({ each: undefined, all: 1000 })
})

describe('16,384 tokens that are put aside', () => {
  test.each([
    { choices: 1, each: 16_384, all: 16_384 },
    { choices: 128, each: 128, all: 16_384 },
    { choices: 3, each: 5461, all: 16_383 },
  ])('are shared by $choices choices: $each each', ({ choices, each, all }) => {
    expect(limit([], choices, undefined, 16_384)).toEqual({ each, all })
  })

  test('give way to what the caller asks for', () => {
    expect(limit([1e6], 1, undefined, 16_384)).toEqual({ each: 1e6, all: 1e6 })
    expect(limit([7], 2, undefined, 16_384)).toEqual({ each: 7, all: 14 })
  })
})

describe('an upstream that takes no bound below 16', () => {
  test.each([
    { bounds: [], most: 10, reserved: undefined, each: 16 },
    { bounds: [], most: undefined, reserved: 10, each: 16 },
    { bounds: [1000], most: 10, reserved: undefined, each: 16 },
    { bounds: [], most: 100, reserved: undefined, each: 100 },
    // The caller's own is for the upstream to refuse.
    { bounds: [5], most: 100, reserved: undefined, each: 5 },
    { bounds: [5], most: undefined, reserved: 16_384, each: 5 },
  ])('$bounds, at most $most: $each', ({ bounds, most, reserved, each }) => {
    const question = { outputBounds: bounds, choices: 1, leastOutputBound: 16 }
    expect(limitOutput(question, most, reserved)).toEqual({ each, all: each })
  })
})
