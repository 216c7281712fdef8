import { Tiktoken } from 'js-tiktoken/lite'
import o200k from 'js-tiktoken/ranks/o200k_base'
import { expect, test } from 'vitest'
import type { ChatChunk } from '../../worker/formats/chat-completions/wire.ts'
import { MAX_EVENT_BYTES } from '../../worker/limits.ts'
import { toBytes } from '../../worker/protocol/encode.ts'
import { createEventReader } from '../../worker/protocol/event-reader.ts'
import { demo } from '../../worker/upstreams/demo.ts'
import { FOUNDING_ANSWER } from '../../worker/upstreams/demo-answer.ts'

const SPEED = 100
const FOUNDING = 'Write a Python function plot_2d_normal that makes a 3D plot of a 2D Gaussian'
const stays = new AbortController().signal

const ask = (content: string, fields: object = {}, signal = stays) =>
  demo({ speed: SPEED }).chat(
    toBytes(JSON.stringify({ model: 'm', messages: [{ role: 'user', content }], ...fields })),
    signal,
  )

/** The chunks of a streamed answer, each with the milliseconds since it was asked for, and whether it was whole. */
async function stream(content: string, fields: object = {}) {
  const asked = performance.now()
  const response = await ask(content, { stream: true, ...fields })
  const chunks: (ChatChunk & { at: number })[] = []
  let done = false
  if (response.body === null) throw new Error('no body')
  const reader = createEventReader(MAX_EVENT_BYTES)
  for await (const bytes of response.body) {
    for (const { event } of reader.push(bytes)) {
      if (event?.data === '[DONE]') done = true
      else if (event) chunks.push({ ...JSON.parse(event.data), at: performance.now() - asked })
    }
  }
  const texts = chunks.map((chunk) => chunk.choices[0]?.delta.content).filter(Boolean)
  return { chunks, done, texts, text: texts.join('') }
}

test('the founding answer is 414 tokens of o200k_base, a delta each', () => {
  const tokenizer = new Tiktoken(o200k)
  const tokens = tokenizer.encode(FOUNDING_ANSWER.join(''), [], [])
  expect(tokens).toHaveLength(414)
  expect(FOUNDING_ANSWER).toEqual(tokens.map((token) => tokenizer.decode([token])))
}, 60_000)

test('streamed, it comes at the pace of the founding example', async () => {
  const { chunks, done, texts, text } = await stream(FOUNDING, { stream_options: { include_usage: true } })
  expect(done).toBe(true)
  expect(texts).toHaveLength(414)
  expect(text).toContain('def plot_2d_normal(')
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 414 } })
  expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop')
  // Never before its time; how much later is the machine's business.
  const first = chunks.find((chunk) => chunk.choices[0]?.delta.content)
  expect(first?.at).toBeGreaterThanOrEqual(930 / SPEED - 1)
  expect(chunks.at(-1)?.at).toBeGreaterThanOrEqual(36_390 / SPEED - 1)
  expect(chunks[208]?.at).toBeLessThan(chunks.at(-1)?.at ?? 0)
})

test('unstreamed, it is the same text, after the founding example took its time', async () => {
  const asked = performance.now()
  const body = await (await ask(FOUNDING)).json()
  expect(performance.now() - asked).toBeGreaterThanOrEqual(31_490 / SPEED - 1)
  expect(body).toMatchObject({
    object: 'chat.completion',
    choices: [{ message: { role: 'assistant', content: FOUNDING_ANSWER.join('') }, finish_reason: 'stop' }],
    usage: { completion_tokens: 414 },
  })
})

test('any other question gets an honest answer, in Markdown with a list, a table and a code block', async () => {
  const { text, chunks } = await stream('Why is the sky blue?')
  expect(text).toMatch(/demo/)
  expect(text).toMatch(/^OPENAI_API_KEY=/m)
  expect(text).toMatch(/^- /m)
  expect(text).toMatch(/^\|---\|/m)
  expect(text).toMatch(/^```sh$/m)
  expect(chunks.some((chunk) => 'usage' in chunk)).toBe(false)
})

test('a request can ask for more speed, and not for less', async () => {
  const last = async (demo_speed: unknown) => (await stream('hi', { demo_speed })).chunks.at(-1)?.at ?? 0
  expect(await last(10)).toBeLessThan((await last(1)) / 2)
  expect(await last(0.001)).toBeLessThan(2 * (await last('x')))
})

test('a limit on the output is kept, and said', async () => {
  const { texts, chunks } = await stream(FOUNDING, { max_tokens: 5 })
  expect(texts).toHaveLength(5)
  expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('length')
})

test('it ends when its call is aborted, as fetch does', async () => {
  const abort = new AbortController()
  const response = await ask(FOUNDING, { stream: true }, abort.signal)
  const reading = response.text()
  abort.abort(new Error('left'))
  await expect(reading).rejects.toThrow('left')
  await expect(ask(FOUNDING, {}, AbortSignal.abort(new Error('left')))).rejects.toThrow('left')
})
