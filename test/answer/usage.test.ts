import { describe, expect, test } from 'vitest'
import { createUsageCount } from '../../worker/answer/usage.ts'
import { chatCompletions } from '../../worker/formats/chat-completions/chat-completions.ts'
import type { Usage } from '../../worker/protocol/wire.ts'
import { chunk } from '../support/sse.ts'
import { words } from '../support/words.ts'

const PROMPT = 9

/** What is counted of an answer that has these events. */
function counted(...events: object[]) {
  const count = createUsageCount(() => PROMPT, words)
  const reader = chatCompletions.reader('m')
  for (const event of events) count.see(reader.read({ data: JSON.stringify(event) }))
  return { told: count.usage(), tokens: count.tokens() }
}

const delta = (fields: Record<string, unknown>, index = 0) =>
  chunk({}, { choices: [{ index, delta: fields }] })
const usageOf = (prompt_tokens: number, completion_tokens: number, total_tokens?: number): Usage => ({
  prompt_tokens,
  completion_tokens,
  total_tokens: total_tokens ?? prompt_tokens + completion_tokens,
})
const sent = (usage: Usage | null) => chunk({}, { choices: [], usage })

describe('without usage from the upstream, the readable text is counted', () => {
  test.each<[string, object[], number]>([
    ['nothing yet', [], 0],
    ['content, joined over its deltas', [delta({ content: 'one t' }), delta({ content: 'wo three' })], 3],
    ['a refusal', [delta({ content: null, refusal: 'I will' }), delta({ refusal: ' not' })], 3],
    ['reasoning and the answer', [delta({ reasoning_content: 'let me' }), delta({ content: 'done' })], 3],
    ['reasoning in two fields, once', [delta({ reasoning: 'let me', reasoning_content: 'let me' })], 2],
    [
      'each choice by itself',
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
    ['a transcript', [delta({ audio: { transcript: 'hello you' } })], 2],
    ['no field that is not known', [delta({ poem: 'a b c' }), { type: 'ping', text: 'a b' }], 0],
    ['no usage that is none', [delta({ content: 'one two' }), sent(null), sent(usageOf(-1, 5))], 2],
  ])('it counts %s', (_, events, completion) => {
    expect(counted(...events)).toEqual({
      told: { usage: usageOf(PROMPT, completion), source: 'estimated' },
      tokens: { prompt_tokens: PROMPT, completion_tokens: completion, usage_source: 'estimated' },
    })
  })
})

test("the upstream's last usage is told in its own words, wherever it stands", () => {
  const last = {
    ...usageOf(7, 5),
    prompt_tokens_details: { cached_tokens: 4, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 3 },
  }
  const { told, tokens } = counted(
    { ...delta({ content: 'a b c' }), usage: usageOf(7, 1) },
    sent(last),
    sent(null),
  )
  expect(told).toEqual({ usage: last, source: 'upstream' })
  expect(tokens).toEqual({
    prompt_tokens: 7,
    completion_tokens: 5,
    cached_tokens: 4,
    reasoning_tokens: 3,
    usage_source: 'upstream',
  })
})

describe('usage that contradicts itself or the text is charged as the larger count', () => {
  const text = delta({ content: 'one two three' })

  test.each<[string, object[], prompt: number, completion: number, source: string]>([
    ['a total above the sum', [text, sent(usageOf(32, 9, 135))], 32, 103, 'upstream'],
    ['a total below the sum', [text, sent(usageOf(32, 9, 12))], 32, 9, 'upstream'],
    ['a total that is no count', [text, sent(usageOf(32, 9, Number.MAX_VALUE))], 32, 9, 'upstream'],
    ['zeros beside text', [text, sent(usageOf(0, 0))], PROMPT, 3, 'estimated'],
    [
      'an early count, then more text',
      [sent(usageOf(9, 1)), text, delta({ content: ' four' })],
      9,
      4,
      'estimated',
    ],
  ])('for %s', (_, events, prompt_tokens, completion_tokens, usage_source) => {
    expect(counted(...events).tokens).toEqual({ prompt_tokens, completion_tokens, usage_source })
  })
})

describe('the upstream’s count has all that was made', () => {
  const text = delta({ content: 'one' })
  const finish = chunk({}, { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })

  test.each<[string, boolean, object[]]>([
    ['if it comes with the end', true, [text, { ...finish, usage: usageOf(9, 50) }]],
    ['if it comes after the end', true, [text, finish, sent(usageOf(9, 50))]],
    ['if it comes with an error', true, [text, { error: { message: 'm' }, usage: usageOf(9, 50) }]],
    ['if its total alone has the reasoning', true, [finish, sent(usageOf(9, 0, 60))]],
    ['not if it comes early', false, [sent(usageOf(9, 1)), text]],
    ['not if it comes with each event, and the answer is cut', false, [{ ...text, usage: usageOf(9, 1) }]],
    ['not if it is zero', false, [text, finish, sent(usageOf(9, 0))]],
    ['not if there is none', false, [text, finish]],
  ])('%s', (_, isFinal, events) => {
    const count = createUsageCount(() => PROMPT, words)
    const reader = chatCompletions.reader('m')
    for (const event of events) count.see(reader.read({ data: JSON.stringify(event) }))
    expect(count.counted()).toEqual({ tokens: count.tokens(), isFinal })
  })
})

test('an unstreamed answer is counted in the same way', () => {
  const choices = [{ index: 0, message: { role: 'assistant', content: 'three words here' } }]
  const of = (json: object) => {
    const count = createUsageCount(() => PROMPT, words)
    count.see(chatCompletions.readWhole(json))
    return count.tokens()
  }
  expect(of({ choices })).toMatchObject({ completion_tokens: 3, usage_source: 'estimated' })
  expect(of({ choices, usage: usageOf(7, 5) })).toMatchObject({ prompt_tokens: 7, completion_tokens: 5 })
})
