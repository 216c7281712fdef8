import { describe, expect, test } from 'vitest'
import { createTextSink, inWords } from '../../worker/delivery/text-sink.ts'
import { ApiError } from '../../worker/errors.ts'
import { chatCompletions } from '../../worker/formats/chat-completions/chat-completions.ts'
import { toBytes } from '../../worker/protocol/encode.ts'
import type { EndState } from '../../worker/protocol/wire.ts'
import { fakeBody } from '../support/fake-body.ts'
import { chunk } from '../support/sse.ts'

const delta = (fields: Record<string, unknown>, index = 0) =>
  chunk({}, { choices: [{ index, delta: fields }] })

/** Writes chunks, and ends. */
async function sink(chunks: object[], end: { state: EndState; error?: ApiError }, line?: string) {
  const body = fakeBody()
  const sink = createTextSink(body, () => line)
  const reader = chatCompletions.reader('m')
  for (const one of chunks) {
    sink.write({ event: reader.read({ data: JSON.stringify(one) }), bytes: toBytes('') })
    void sink.flush()
  }
  await sink.end({ ...end, events: [{ data: '[DONE]' }], endBytes: undefined, withdrawn: 0 })
  return body
}

const DONE = { state: 'done' } as const

test.each<[string, object[], string]>([
  [
    'deltas, as they are',
    [delta({ role: 'assistant', content: '' }), delta({ content: 'Grüße' }), delta({ content: ' 🎉' })],
    'Grüße 🎉',
  ],
  ['content as parts', [delta({ content: [{ type: 'text', text: 'a' }, 'b'] })], 'ab'],
  ['a refusal', [delta({ content: null, refusal: 'no' })], 'no'],
  ['a choice without an index', [{ choices: [{ delta: { content: 'a' } }] }], 'a'],
  ['no other choice', [delta({ content: 'a' }), delta({ content: 'B' }, 1)], 'a'],
  ['no text twice', [{ choices: [{ index: 0, delta: { content: 'a' }, message: { content: 'a' } }] }], 'a'],
  [
    'no reasoning, tool calls or unknown fields',
    [
      delta({ reasoning_content: 'hm' }),
      delta({ tool_calls: [{ index: 0, function: { arguments: '{}' } }] }),
      delta({ poem: 'x' }),
      delta({ content: 'a' }),
    ],
    'a',
  ],
])('the text of an answer: %s', async (_, chunks, text) => {
  const body = await sink(chunks, DONE)
  expect(body).toMatchObject({ sent: text, end: 'closed' })
})

describe('an answer that is not whole breaks the connection off', () => {
  const truncated = { state: 'truncated', error: new ApiError('upstream_truncated') } as const

  test.each([truncated, { state: 'moderated' }, { state: 'stopped' }] as const)(
    'the connection is broken off after $state',
    async (end) => {
      const body = await sink([delta({ content: 'half' })], end, '— 3 tokens')
      expect(body.sent).toBe('half')
      expect(body.end).toBeInstanceOf(Error)
    },
  )

  test('nothing is sent if nothing went out yet, so that a status can be', async () => {
    expect(await sink([], truncated)).toMatchObject({ sent: '', hasBegun: false, end: 'open' })
  })

  test('an answer at its token limit is whole, and breaks nothing off', async () => {
    expect(await sink([delta({ content: 'half' })], { state: 'budget' })).toMatchObject({ end: 'closed' })
  })
})

test('a whole answer can end with a line', async () => {
  expect((await sink([delta({ content: 'a' })], DONE, '\n\n— 3 tokens\n')).sent).toBe('a\n\n— 3 tokens\n')
})

test('a timing is told in words', () => {
  const usage = { prompt_tokens: 1, completion_tokens: 414, total_tokens: 415 }
  const timing = { first_byte_ms: 900, first_token_ms: 930, total_ms: 36_390, tokens_per_second: 11.6 }
  expect(inWords(usage, timing)).toBe('— 414 tokens, the first after 0.93 s, 87.9 ms a token, 36.4 s in all')
  expect(
    inWords({ ...usage, completion_tokens: 0 }, { ...timing, first_token_ms: null, tokens_per_second: null }),
  ).toBe('— 0 tokens, 36.4 s in all')
})
