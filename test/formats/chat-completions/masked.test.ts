import { expect, test } from 'vitest'
import { masked } from '../../../worker/formats/chat-completions/masked.ts'
import { chunk } from '../../support/sse.ts'

test('every text is overwritten, and keeps its length', () => {
  const tool = (name: string, args: string) => [
    { index: 0, id: 'call_1', type: 'function', function: { name, arguments: args } },
  ]
  const value = (delta: object, others: object) =>
    chunk({}, { model: 'gpt-5', choices: [{ index: 0, delta, finish_reason: null, ...others }] })
  const said = value(
    { role: 'assistant', content: 'a 🎉', reasoning: 'hm', tool_calls: tool('f', '{}') },
    { logprobs: { content: [{ token: 'a 🎉' }] } },
  )
  expect(JSON.parse(masked(JSON.stringify({ ...said, obfuscation: 'x' })))).toEqual(
    value(
      { role: 'assistant', content: '████', reasoning: '██', tool_calls: tool('█', '██') },
      { logprobs: null },
    ),
  )
})

test('an event without text stays as it is', () => {
  const usage = JSON.stringify(chunk({}, { model: 'gpt-5', choices: [], usage: { total_tokens: 3 } }))
  expect(masked(usage)).toBe(usage)
  expect(masked('[DONE]')).toBe('[DONE]')
})

test.each([
  ['words', '█████'],
  ['{"answer":"words"}', '{"██████":"█████"}'],
  [
    '{"choices":[],"citations":["a"],"created":1,"x":7}',
    '{"choices":[],"█████████":["█"],"created":1,"█":0}',
  ],
  ['{"choices":[],"error":{"message":"m"}}', '{"choices":[],"error":{"message":"█"}}'],
  ['{"choices":["a",{"index":0,"text":"b"}]}', '{"choices":["█",{"index":0,"text":"█"}]}'],
])('an error, or an event that is no chunk, is masked: %s', (data, expected) => {
  expect(masked(data)).toBe(expected)
})
