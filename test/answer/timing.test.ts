import { expect, test } from 'vitest'
import { timing } from '../../worker/answer/timing.ts'
import { newFrame } from '../../worker/protocol/frames.ts'

const usage = { prompt_tokens: 1, completion_tokens: 11, total_tokens: 12 }
const chunk = (delta: object) => ({ id: 'c', choices: [{ index: 0, delta }] })
const LAST = { id: 'c', choices: [], usage, millrace: { usage_source: 'upstream' } }

/** Sends each chunk at its time; returns what came out. */
async function timed(...chunks: [at: number, chunk: object][]) {
  let clock = 0
  const stage = timing({ asked: 1000, firstByte: 1200, now: () => clock })
  const writer = stage.writable.getWriter()
  const out = Array.fromAsync(stage.readable)
  for (const [at, data] of chunks) {
    clock = at
    await writer.write(newFrame(data))
  }
  await writer.close()
  return (await out).map(({ event }) => JSON.parse(event?.data ?? ''))
}

test('first byte, first token and the whole are told apart', async () => {
  const out = await timed(
    [1210, chunk({ role: 'assistant', content: '' })],
    [1500, chunk({ content: 'a' })],
    [2400, chunk({ content: 'b' })],
    [2500, LAST],
  )
  expect(out.at(-1).millrace).toEqual({
    state: 'done',
    usage_source: 'upstream',
    timing: { first_byte_ms: 200, first_token_ms: 500, total_ms: 1500, tokens_per_second: 10 },
  })
  expect(out.slice(0, -1)).toEqual([
    chunk({ role: 'assistant', content: '' }),
    chunk({ content: 'a' }),
    chunk({ content: 'b' }),
  ])
})

test.each([
  ['content', { content: 'a' }],
  ['a refusal', { content: null, refusal: 'no' }],
  ['reasoning', { reasoning_content: 'hm' }],
  ['a tool call', { tool_calls: [{ index: 0, function: { name: 'f', arguments: '' } }] }],
])('%s is a first token', async (_, delta) => {
  const out = await timed([1300, chunk(delta)], [1400, LAST])
  expect(out.at(-1).millrace.timing).toMatchObject({ first_token_ms: 300 })
})

test('without a token there is no time of one, and no rate', async () => {
  const out = await timed([1300, chunk({ role: 'assistant', content: '' })], [1400, LAST])
  expect(out.at(-1).millrace.timing).toMatchObject({ first_token_ms: null, tokens_per_second: null })
})
