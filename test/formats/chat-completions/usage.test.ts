import { expect, test } from 'vitest'
import { usageIn } from '../../../worker/formats/chat-completions/usage.ts'
import { MAX_CALL_TOKENS } from '../../../worker/limits.ts'

const USAGE = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12, details: { cached: 3 } }
const OTHER = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }

test.each<[string, object]>([
  ['at the top', { choices: [], usage: USAGE }],
  ['on an event without choices', { choices: null, usage: USAGE }],
  ['in x_groq', { choices: [], usage: null, x_groq: { id: 'x', usage: USAGE } }],
  ['in the first choice', { choices: [{ index: 0, delta: {}, usage: USAGE }] }],
  ['at the top before any other place', { choices: [{ usage: OTHER }], usage: USAGE }],
  ['in another place where the one at the top is none', { choices: [{ usage: USAGE }], usage: {} }],
])('usage is found %s', (_, event) => {
  expect(usageIn(event)).toEqual(USAGE)
})

test.each([null, undefined, {}, [], 3, { prompt_tokens: 'many', completion_tokens: 1 }])(
  'no usage: %j',
  (usage) => {
    expect(usageIn({ choices: [], usage })).toBeUndefined()
  },
)

test.each([12.5, -1, 2e9, MAX_CALL_TOKENS, Number.MAX_VALUE])(
  'no usage that a budget could be charged: %d tokens',
  (odd) => {
    expect(usageIn({ usage: { prompt_tokens: odd, completion_tokens: 1 } })).toBeUndefined()
    expect(usageIn({ usage: { prompt_tokens: 1, completion_tokens: odd } })).toBeUndefined()
  },
)

test.each([null, 'x', [], 3])('no usage is found in %j', (value) => {
  expect(usageIn(value)).toBeUndefined()
})
