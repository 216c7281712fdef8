import { describe, expect, test } from 'vitest'
import { limitOutput } from '../../worker/admission/output-limit.ts'

const messages = [{ role: 'user' as const, content: 'hi' }]
const limit = (fields: object, most?: number, reserved?: number) =>
  limitOutput({ messages, ...fields }, most, reserved)

describe('with a limit of 100', () => {
  test.each([
    [{}, { max_completion_tokens: 100 }, 100],
    [{ max_tokens: null, max_completion_tokens: null }, { max_completion_tokens: 100 }, 100],
    [{ max_tokens: 50 }, {}, 50],
    [{ max_tokens: 100 }, {}, 100],
    [{ max_tokens: 101 }, { max_tokens: 100 }, 100],
    [{ max_completion_tokens: 50 }, {}, 50],
    [{ max_completion_tokens: 1e9 }, { max_completion_tokens: 100 }, 100],
    [{ max_tokens: 10, max_completion_tokens: 1000 }, { max_completion_tokens: 100 }, 100],
    [{ max_tokens: 1000, max_completion_tokens: 10 }, { max_tokens: 100 }, 100],
    [{ max_tokens: 10, max_completion_tokens: 20 }, {}, 20],
    [{ n: 3 }, { max_completion_tokens: 100 }, 300],
    [{ n: 3, max_tokens: 7 }, {}, 21],
    [{ n: null }, { max_completion_tokens: 100 }, 100],
  ])('%j: sets %j, takes at most %i', (fields, set, tokens) => {
    expect(limit(fields, 100)).toEqual({ set, tokens })
  })
})

test('without one, the caller says', () => {
  expect(limit({})).toEqual({ set: {}, tokens: undefined })
  expect(limit({ n: 2 })).toEqual({ set: {}, tokens: undefined })
  expect(limit({ n: 2, max_tokens: 1e6 })).toEqual({ set: {}, tokens: 2e6 })
})

describe('without one, where 16,384 are put aside', () => {
  test.each([
    [{}, { max_completion_tokens: 16_384 }, 16_384],
    [{ stream: false }, { max_completion_tokens: 16_384 }, 16_384],
    [{ n: 128 }, { max_completion_tokens: 128 }, 16_384],
    [{ n: 3 }, { max_completion_tokens: 5461 }, 16_383],
    [{ max_tokens: 1e6 }, {}, 1e6],
    [{ n: 2, max_completion_tokens: 7 }, {}, 14],
    // It is ended where it has as many (stage/output-limit.ts).
    [{ stream: true, n: 128 }, {}, undefined],
  ])('%j: sets %j, takes at most %d', (fields, set, tokens) => {
    expect(limit(fields, undefined, 16_384)).toEqual({ set, tokens })
  })

  test('a limit goes before it', () => {
    expect(limit({ n: 2 }, 100, 16_384)).toEqual({ set: { max_completion_tokens: 100 }, tokens: 200 })
  })
})

describe('a number that is none is refused, limit or not', () => {
  const wrong = [0, -1, 1.5, '100', true, {}, [], [5], Number.MAX_VALUE, JSON.parse('1e999')]
  test.each(
    ['n', 'max_tokens', 'max_completion_tokens'].flatMap((name) =>
      wrong.map((value) => [name, value] as const),
    ),
  )('%s: %j', (name, value) => {
    for (const most of [100, undefined]) {
      const error = limit({ [name]: value }, most)
      expect(error).toMatchObject({ code: 'invalid_parameter', status: 400 })
    }
  })

  test('and more choices than an answer can have', () => {
    expect(limit({ n: 128, max_tokens: 1 })).toMatchObject({ tokens: 128 })
    expect(limit({ n: 129 })).toMatchObject({ code: 'invalid_parameter' })
  })
})
