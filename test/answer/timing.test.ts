import { expect, test } from 'vitest'
import { createTimer } from '../../worker/answer/timing.ts'
import { chatCompletions } from '../../worker/formats/chat-completions/chat-completions.ts'
import { chunk } from '../support/sse.ts'

const usage = { prompt_tokens: 1, completion_tokens: 11, total_tokens: 12 }

/** Shows the timer each delta at its time, and asks it at `end`. */
function timed(end: number, ...deltas: [at: number, delta: Record<string, unknown>][]) {
  let clock = 0
  const timer = createTimer(() => clock)
  const reader = chatCompletions.reader('m')
  for (const [at, delta] of deltas) {
    clock = at
    timer.see(reader.read({ data: JSON.stringify(chunk(delta)) }))
  }
  clock = end
  return timer.measure({ asked: 1000, firstByte: 1200 }, usage)
}

test('first byte, first token and the whole are told apart', () => {
  expect(
    timed(
      2500,
      [1210, { role: 'assistant', content: '' }],
      [1500, { content: 'a' }],
      [2400, { content: 'b' }],
    ),
  ).toEqual({ first_byte_ms: 200, first_token_ms: 500, total_ms: 1500, tokens_per_second: 10 })
})

test.each([
  ['content', { content: 'a' }],
  ['a refusal', { content: null, refusal: 'no' }],
  ['reasoning', { reasoning_content: 'hm' }],
  ['a tool call', { tool_calls: [{ index: 0, function: { name: 'f', arguments: '' } }] }],
  ['a transcript', { audio: { transcript: 'a' } }],
])('%s is a first token', (_, delta) => {
  expect(timed(1400, [1300, delta])).toMatchObject({ first_token_ms: 300 })
})

test('an answer without a token has no time to first token and no rate', () => {
  expect(timed(1400, [1300, { role: 'assistant', content: '' }], [1350, { obfuscation: 'x' }])).toMatchObject(
    {
      first_token_ms: null,
      tokens_per_second: null,
    },
  )
})
