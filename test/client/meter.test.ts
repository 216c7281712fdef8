import { expect, test } from 'vitest'
import { createMeter, toldReading } from '../../client/stream/meter.ts'
import type { Delta } from '../../worker/formats/chat-completions/wire.ts'
import type { Usage } from '../../worker/protocol/wire.ts'
import { chunk } from './bodies.ts'

/** A meter, and a clock that the test sets. */
function metered() {
  let time = 1000
  const meter = createMeter(() => time)
  return {
    read: meter.read,
    at(ms: number, delta: Delta | null, usage?: Usage) {
      time = 1000 + ms
      const choices = delta ? [{ index: 0, delta }] : []
      meter.see({ ...chunk(''), choices, ...(usage && { usage }) })
    },
  }
}

const usage = (completion_tokens: number, reasoning_tokens = 0) => ({
  prompt_tokens: 1,
  completion_tokens,
  total_tokens: completion_tokens + 1,
  completion_tokens_details: { reasoning_tokens },
})

test('a meter has no figures before the first chunk', () => {
  expect(metered().read()).toEqual({
    firstTokenMs: null,
    tokens: 0,
    counted: 'deltas',
    tokensPerSecond: null,
  })
})

test('the chunk with the role, empty deltas and chunks without choices are no token', () => {
  const { at, read } = metered()
  at(100, { role: 'assistant', content: '' })
  at(200, { content: null, refusal: null, tool_calls: [] })
  at(300, null)
  at(930, { content: 'a' })
  expect(read()).toMatchObject({ firstTokenMs: 930, tokens: 1, tokensPerSecond: null })
})

test.each<Delta>([
  { content: 'a' },
  { refusal: 'a' },
  { reasoning_content: 'a' },
  { reasoning: 'a' },
  { tool_calls: [{ index: 0 }] },
])('%j is a token', (delta) => {
  const { at, read } = metered()
  at(50, delta)
  expect(read().firstTokenMs).toBe(50)
})

test('the rate is that of what came after the first token', () => {
  const { at, read } = metered()
  for (let token = 0; token < 11; token++) at(900 + token * 100, { content: 'a' })
  expect(read()).toEqual({ firstTokenMs: 900, tokens: 11, counted: 'deltas', tokensPerSecond: 10 })
})

test('usage wins over counting, and the last usage over those before it', () => {
  const { at, read } = metered()
  at(100, { content: 'two tokens' }, usage(1))
  at(1100, { content: ' three more tokens' })
  at(1200, null, usage(5))
  expect(read()).toEqual({ firstTokenMs: 100, tokens: 5, counted: 'usage', tokensPerSecond: 4 })
})

test('hidden reasoning is counted, but is not part of the rate', () => {
  const { at, read } = metered()
  at(100, { content: 'a' })
  at(1100, { content: 'b' }, usage(66, 64))
  expect(read()).toMatchObject({ tokens: 66, tokensPerSecond: 1 })
})

test('reasoning that could be seen is part of the rate', () => {
  const { at, read } = metered()
  at(100, { reasoning_content: 'hm' })
  at(1100, { content: 'b' }, usage(11, 9))
  expect(read()).toMatchObject({ tokens: 11, tokensPerSecond: 10 })
})

test('an answer that comes in one moment has no rate', () => {
  const { at, read } = metered()
  at(100, { content: 'a' })
  at(100, { content: 'b' })
  expect(read().tokensPerSecond).toBeNull()
})

test('usage that the server has estimated is said to be so', () => {
  const meter = createMeter(() => 0)
  meter.see({ ...chunk('a'), usage: usage(7), millrace: { usage_source: 'estimated' } })
  expect(meter.read()).toMatchObject({ tokens: 7, counted: 'estimate' })
  meter.see({ ...chunk(''), usage: usage(8), millrace: { usage_source: 'upstream' } })
  expect(meter.read()).toMatchObject({ tokens: 8, counted: 'usage' })
})

test('what the server has measured is told on its last chunk', () => {
  const timing = { first_byte_ms: 911, first_token_ms: 930, total_ms: 36390, tokens_per_second: 11.65 }
  const last = { ...chunk(''), usage: usage(414), millrace: { usage_source: 'upstream' as const, timing } }
  expect(toldReading(last)).toEqual({
    firstTokenMs: 930,
    tokens: 414,
    counted: 'usage',
    tokensPerSecond: 11.65,
  })
  expect(toldReading(chunk('a'))).toBeUndefined()
})
