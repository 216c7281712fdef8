import { describe, expect, test } from 'vitest'
import { createTally } from '../../worker/accounting/tally.ts'
import { readEvent } from '../../worker/formats/chat-completions/read-event.ts'
import { MAX_CALL_TOKENS } from '../../worker/limits.ts'

/** A counter to which a word is a token. */
const words = {
  count: (text: string) => text.split(/\s+/).filter(Boolean).length,
  incremental: () => never(),
}
function never(): never {
  throw new Error('not used')
}

const asked = { model: 'm', messages: [{ role: 'user', content: 'two words' }] }
// The formula's 3 for the answer, 3 for the message, 1 for the role, 2 for the content.
const PROMPT = 9

function tally(...events: object[]) {
  const it = createTally(asked, words)
  for (const event of events) it.see(readEvent({ data: JSON.stringify(event) }))
  return it.usage()
}
const delta = (fields: object, index = 0) => ({ choices: [{ index, delta: fields }] })

test('a prompt that was counted before the call has what its messages don’t show', () => {
  const { usage } = createTally({ ...asked, tokens: { prompt: 500 } }, words).usage()
  expect(usage).toEqual({ prompt_tokens: 500, completion_tokens: 0, total_tokens: 500 })
})

describe('where the upstream sends no usage, what can be read is counted', () => {
  test.each<[string, object[], number]>([
    ['nothing yet', [], 0],
    ['content, joined over its deltas', [delta({ content: 'one t' }), delta({ content: 'wo three' })], 3],
    ['a refusal', [delta({ content: null, refusal: 'I will' }), delta({ refusal: ' not' })], 3],
    [
      'reasoning that is shown, and the answer',
      [delta({ reasoning_content: 'let me think' }), delta({ content: 'done' })],
      4,
    ],
    ['reasoning by its other name', [delta({ reasoning: 'let me think' })], 3],
    [
      'every choice by itself',
      [delta({ content: 'a' }), delta({ content: 'b' }, 1), delta({ content: 'c' })],
      2,
    ],
    [
      'parallel tool calls, names and arguments',
      [
        delta({ tool_calls: [{ index: 0, function: { name: 'get it', arguments: '' } }] }),
        delta({ tool_calls: [{ index: 1, function: { name: 'put', arguments: '{"a": 1}' } }] }),
        delta({ tool_calls: [{ index: 0, function: { arguments: '{"b": 2}' } }] }),
      ],
      7,
    ],
  ])('%s', (_, events, completion_tokens) => {
    expect(tally(...events)).toEqual({
      source: 'estimated',
      usage: { prompt_tokens: PROMPT, completion_tokens, total_tokens: PROMPT + completion_tokens },
    })
  })
})

test("the upstream's own usage counts, wherever it stands, and the last one", () => {
  const first = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
  const last = {
    prompt_tokens: 7,
    completion_tokens: 5,
    total_tokens: 12,
    completion_tokens_details: { reasoning_tokens: 3 },
  }
  expect(
    tally(
      { ...delta({ content: 'a b c' }), usage: first },
      { choices: [], usage: last },
      { choices: [], usage: null },
    ),
  ).toEqual({ source: 'upstream', usage: last })
})

test('usage that is none is not taken', () => {
  for (const usage of [null, {}, { prompt_tokens: 'many', completion_tokens: 1 }, [], 3]) {
    expect(tally({ choices: [], usage }).source).toBe('estimated')
  }
})

test.each([12.5, -1, 2e9, MAX_CALL_TOKENS, Number.MAX_VALUE])(
  'nor are %d tokens: no budget could be charged them',
  (odd) => {
    for (const usage of [
      { prompt_tokens: odd, completion_tokens: 1 },
      { prompt_tokens: 1, completion_tokens: odd },
    ]) {
      expect(tally(delta({ content: 'three words here' }), { choices: [], usage })).toMatchObject({
        source: 'estimated',
        usage: { prompt_tokens: PROMPT, completion_tokens: 3 },
      })
    }
  },
)

test('an unstreamed answer', () => {
  const usage = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 }
  const choices = [{ index: 0, message: { role: 'assistant', content: 'three words here' } }]
  const whole = (completion: unknown) => {
    const it = createTally(asked, words)
    it.seeWhole(completion)
    return it.usage()
  }
  expect(whole({ choices, usage })).toEqual({ source: 'upstream', usage })
  expect(whole({ choices })).toMatchObject({ source: 'estimated', usage: { completion_tokens: 3 } })
  for (const nothing of [null, [], 'x', {}, { choices: [null] }]) {
    expect(whole(nothing)).toMatchObject({ usage: { completion_tokens: 0 } })
  }
})
