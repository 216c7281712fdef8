import { describe, expect, test } from 'vitest'
import { limitOutput } from '../../worker/admission/output-limit.ts'

const limit = (outputBounds: number[], choices: number, most?: number, reserved?: number) =>
  limitOutput({ outputBounds, choices }, most, reserved)

describe('a limit of 100 for each choice', () => {
  test.each([
    { bounds: [], choices: 1, each: 100, all: 100 },
    { bounds: [50], choices: 1, each: undefined, all: 50 },
    { bounds: [100], choices: 1, each: undefined, all: 100 },
    { bounds: [101], choices: 1, each: 100, all: 100 },
    { bounds: [10, 1000], choices: 1, each: 100, all: 100 },
    { bounds: [10, 20], choices: 1, each: undefined, all: 20 },
    { bounds: [], choices: 3, each: 100, all: 300 },
    { bounds: [7], choices: 3, each: undefined, all: 21 },
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
})

describe('16,384 tokens that are put aside', () => {
  test.each([
    { choices: 1, each: 16_384, all: 16_384 },
    { choices: 128, each: 128, all: 16_384 },
    { choices: 3, each: 5461, all: 16_383 },
  ])('are shared by $choices choices: $each each', ({ choices, each, all }) => {
    expect(limit([], choices, undefined, 16_384)).toEqual({ each, all })
  })

  test('change nothing where the caller says how many it wants', () => {
    expect(limit([1e6], 1, undefined, 16_384)).toEqual({ each: undefined, all: 1e6 })
    expect(limit([7], 2, undefined, 16_384)).toEqual({ each: undefined, all: 14 })
  })
})
