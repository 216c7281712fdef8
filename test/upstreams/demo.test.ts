import { readFileSync } from 'node:fs'
import { Tiktoken } from 'js-tiktoken/lite'
import o200k from 'js-tiktoken/ranks/o200k_base'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { FOUNDING_QUESTION, STARTERS } from '../../client/page/starters.ts'
import { ROOT } from '../../scripts/bundle.ts'
import type { ChatChunk } from '../../worker/formats/chat-completions/wire.ts'
import { MAX_EVENT_BYTES } from '../../worker/limits.ts'
import { toBytes } from '../../worker/protocol/encode.ts'
import { createEventReader } from '../../worker/protocol/event-reader.ts'
import type { Usage } from '../../worker/protocol/wire.ts'
import { demo } from '../../worker/upstreams/demo.ts'
import { modelsPath } from '../../worker/upstreams/upstream.ts'
import { known } from '../support/an-upstream.ts'
import { ENCODINGS } from '../tokens/encodings.ts'

const SPEED = 100
const SKY = 'Why is the sky blue?'
const UNKNOWN = 'How tall is the Eiffel tower?'
const PREPARED = /\*This answer was prepared for the demo: no model was asked\.\*$/
const stays = new AbortController().signal
const [{ counter, oracle }] = ENCODINGS as [(typeof ENCODINGS)[number]]

const user = (content: unknown) => ({ role: 'user', content })

const send = (request: object, { signal = stays, speed = SPEED } = {}) =>
  demo({ speed, counter: () => counter }, known).call(
    { method: 'POST', path: '/chat/completions', body: toBytes(JSON.stringify({ model: 'm', ...request })) },
    signal,
  )

const ask = (content: string, fields: object = {}, signal = stays) =>
  send({ messages: [user(content)], ...fields }, { signal })

/** The chunks of a streamed answer, and whether it was whole. */
async function stream(content: string, fields: object = {}) {
  const response = await ask(content, { stream: true, ...fields })
  const chunks: ChatChunk[] = []
  let done = false
  if (response.body === null) throw new Error('no body')
  const reader = createEventReader(MAX_EVENT_BYTES)
  for await (const bytes of response.body) {
    for (const { event } of reader.push(bytes)) {
      if (event?.data === '[DONE]') done = true
      else if (event) chunks.push(JSON.parse(event.data))
    }
  }
  const texts = chunks.map((chunk) => chunk.choices[0]?.delta.content).filter(Boolean)
  return { chunks, done, texts, text: texts.join('') }
}

interface Whole {
  model: string
  choices: { message: { content: string }; finish_reason: string }[]
  usage: Usage
}

/** An unstreamed answer, at once. */
async function whole(request: object): Promise<Whole> {
  return (await send(request, { speed: 100_000 })).json()
}

const textOf = async (...messages: object[]) =>
  (await whole({ messages })).choices[0]?.message.content ?? 'nothing'

/**
 * When the deltas of a streamed answer come, and when an unstreamed one does, in milliseconds of a clock of
 * its own.
 */
async function times(content: string, fields: object = {}) {
  vi.useFakeTimers()
  const asked = Date.now()
  const deltas: number[] = []
  async function read() {
    const request = { messages: [user(content)], stream: true, ...fields }
    const { body } = await send(request, { speed: 1 })
    for await (const bytes of body ?? []) {
      if (/"content":"[^"]/.test(new TextDecoder().decode(bytes))) deltas.push(Date.now() - asked)
    }
    const end = Date.now() - asked
    await send({ ...request, stream: false }, { speed: 1 })
    return { end, unstreamed: Date.now() - asked - end }
  }
  let over = false
  const reading = read().finally(() => {
    over = true
  })
  while (!over) await vi.advanceTimersToNextTimerAsync()
  vi.useRealTimers()
  return { deltas, ...(await reading) }
}
afterEach(() => void vi.useRealTimers())

describe('the founding example', () => {
  test('has 414 tokens of o200k_base, a delta each', async () => {
    const tokenizer = new Tiktoken(o200k)
    const { texts, text } = await stream(FOUNDING_QUESTION)
    const tokens = tokenizer.encode(text, [], [])
    expect(tokens).toHaveLength(414)
    expect(texts).toEqual(tokens.map((token) => tokenizer.decode([token])))
  })

  test('keeps its measured pace in the race', async () => {
    const { deltas, end, unstreamed } = await times(FOUNDING_QUESTION, { demo_speed: 1 })
    expect(deltas).toHaveLength(414)
    expect(deltas[0]).toBe(930)
    expect(end).toBeCloseTo(36_390, -1)
    expect(deltas[206]).toBeCloseTo((930 + 36_390) / 2, -2)
    expect(unstreamed).toBeCloseTo(31_490, -1)
  })

  test.each([
    [10, 10],
    [1e9, 100],
  ])('can race at speed %j, which is %j× the measured one', async (demo_speed, times_) => {
    const { deltas, end, unstreamed } = await times(FOUNDING_QUESTION, { demo_speed })
    expect(deltas[0]).toBeCloseTo(930 / times_, -1)
    expect(end).toBeCloseTo(36_390 / times_, -1)
    expect(unstreamed).toBeCloseTo(31_490 / times_, -1)
  })
})

describe('outside of the race', () => {
  test.each([
    [FOUNDING_QUESTION, {}],
    [SKY, {}],
    [UNKNOWN, {}],
    // What is no speed is no race.
    [FOUNDING_QUESTION, { demo_speed: 0.001 }],
    [FOUNDING_QUESTION, { demo_speed: 'x' }],
  ])('“%s” with %j: 0.4 s, then 90 tokens a second', async (question, fields) => {
    const { deltas, end, unstreamed } = await times(question, fields)
    const tokens = oracle(await textOf(user(question)))
    expect(deltas[0]).toBeCloseTo(400, -1)
    expect(end).toBeCloseTo(400 + (tokens - 1) * (1000 / 90), -1)
    expect(unstreamed).toBeCloseTo(end, -1)
  })
})

describe('an offered question', () => {
  // The page's, and those that the documentation asks.
  const documentation = [
    'README.md',
    'docs/CLIENT.md',
    'docs/DEPLOY.md',
    'docs/EXAMPLES.md',
    'docs/WIDGET.md',
  ]
    .map((file) => readFileSync(`${ROOT}${file}`, 'utf8'))
    .join()
  const asked = documentation.matchAll(/(?:-d|content'?"?:) ['"]([A-Z][^'"]*)['"]/g)
  const offered = new Set([...STARTERS, ...Array.from(asked, ([, question = '']) => question)])
  const unprepared = textOf(user(UNKNOWN))

  test.each([...offered])(
    '“%s” has an answer of its own, which says that it was prepared',
    async (question) => {
      const text = await textOf(user(question))
      expect(text).toMatch(PREPARED)
      expect(text).not.toBe(await unprepared)
    },
  )

  test('each answer shows something else', async () => {
    const [founding, sky, mill, site] = await Promise.all(STARTERS.map((it) => textOf(user(it))))
    const events = await textOf(user('Explain server-sent events'))
    expect(founding).toMatch(/^```python$/m)
    expect(sky).toMatch(/^\|:--\|--:\|--:\|$/m)
    expect(sky).toMatch(/^I = k \/ λ⁴$/m)
    expect(mill).toMatch(/^1\. .*^ {3}- .*^5\. .*^> /ms)
    expect(site).toMatch(/^```html$/m)
    expect(events).toMatch(/^```js$/m)
    expect(events).toMatch(/\]\(https:\/\/html\.spec\.whatwg\.org\//)
  })

  test('the table of colours is right', async () => {
    const rows = (await textOf(user(SKY))).matchAll(/\| (\d+) nm \| ([\d.]+) \|/g)
    const seen = Array.from(rows, ([, nm, times]) => [nm, times])
    expect(seen).toHaveLength(5)
    expect(seen).toEqual(seen.map(([nm]) => [nm, ((700 / Number(nm)) ** 4).toFixed(1)]))
  })

  test.each([
    'why is the sky blue',
    'WHY IS THE SKY BLUE???',
    '  Why, is the sky “blue”?\n\n',
    'Why is the sky\u00a0blue ?',
    "Why's the sky blue?",
  ])('is known as %j', async (question) => {
    expect(await textOf(user(question))).toContain('Rayleigh')
  })

  test.each([
    'Why is the sky not blue?',
    'Why is the sky blue? And why is the sea?',
    'sky blue',
    'Is plot_2d_normal a good name?',
  ])('is not meant by %j', async (question) => {
    expect(await textOf(user(question))).toBe(await unprepared)
  })

  test('may come in parts, and at the end of a conversation', async () => {
    const sky = await textOf(user(SKY))
    expect(await textOf(user([{ type: 'text', text: SKY }]))).toBe(sky)
    const before = [
      { role: 'system', content: UNKNOWN },
      user(FOUNDING_QUESTION),
      { role: 'assistant', content: 'x' },
    ]
    expect(await textOf(...before, user(SKY))).toBe(sky)
    expect(await textOf(user(SKY), { role: 'assistant', content: sky }, user(UNKNOWN))).toBe(await unprepared)
  })
})

test('any other question gets an honest answer, which shows Markdown and how to connect a model', async () => {
  const { text, chunks } = await stream(UNKNOWN)
  expect(text).toMatch(/no model has read your question/)
  expect(text).toMatch(/^OPENAI_API_KEY=sk-… npm start$/m)
  expect(text).toMatch(/^npx wrangler secret put OPENAI_API_KEY$/m)
  for (const kind of [
    /^## /m,
    /^1\. /m,
    /^ {3}- \[x\] /m,
    /^> /m,
    /^\|:--\|--:\|--:\|$/m,
    /^```sh$/m,
    /~~/,
    /\]\(https:/,
  ]) {
    expect(text).toMatch(kind)
  }
  // The times in its table are its own.
  const seconds = (0.4 + (oracle(text) - 1) / 90).toFixed(1)
  expect(text).toContain(
    `| First words | 0.4 s | ${seconds} s |\n| All of it | ${seconds} s | ${seconds} s |`,
  )
  for (const question of STARTERS) expect(text).toContain(`\n- ${question}\n`)
  expect(chunks.some((chunk) => 'usage' in chunk)).toBe(false)
})

describe('usage', () => {
  test.each([SKY, UNKNOWN, FOUNDING_QUESTION])('of “%s” is counted, streamed and whole', async (question) => {
    const { choices, usage } = await whole({ messages: [user(question)] })
    const { chunks, text } = await stream(question, { stream_options: { include_usage: true } })
    expect(text).toBe(choices[0]?.message.content)
    // OpenAI's formula for one message: 3 and its role before it, 3 for the answer.
    const prompt_tokens = 3 + 1 + oracle(question) + 3
    const completion_tokens = oracle(text)
    expect(usage).toEqual({
      prompt_tokens,
      completion_tokens,
      total_tokens: prompt_tokens + completion_tokens,
    })
    expect(chunks.at(-1)?.usage).toEqual(usage)
  })

  test.each(['max_tokens', 'max_completion_tokens'])('%s is kept, and said', async (field) => {
    for (const limit of [1, 5, 100]) {
      const { choices, usage } = await whole({ messages: [user(SKY)], [field]: limit })
      const [choice] = choices
      expect(choice?.finish_reason).toBe('length')
      expect(usage.completion_tokens).toBe(oracle(choice?.message.content ?? ''))
      expect(usage.completion_tokens).toBeLessThanOrEqual(limit)
      expect(usage.completion_tokens).toBeGreaterThan(limit - 5)
    }
    const { texts, chunks } = await stream(FOUNDING_QUESTION, { [field]: 5 })
    expect(texts).toHaveLength(5)
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('length')
  })
})

test("it takes any model's name, and answers under it", async () => {
  const model = 'gpt-99-unheard-of'
  expect((await whole({ model, messages: [user(SKY)] })).model).toBe(model)
  const { chunks } = await stream(SKY, { model })
  expect(new Set(chunks.map((chunk) => chunk.model))).toEqual(new Set([model]))
  const models = async (id?: string) =>
    (
      await demo({ speed: 1, counter: () => counter }, known).call(
        { method: 'GET', path: modelsPath(id) },
        stays,
      )
    ).json()
  expect(await models()).toMatchObject({ object: 'list', data: [{ id: 'millrace-demo' }] })
  expect(await models(model)).toMatchObject({ id: model, object: 'model' })
})

test('it ends when its call is aborted, as fetch does', async () => {
  const abort = new AbortController()
  const response = await ask(FOUNDING_QUESTION, { stream: true }, abort.signal)
  const reading = response.text()
  abort.abort(new Error('left'))
  await expect(reading).rejects.toThrow('left')
  await expect(ask(FOUNDING_QUESTION, {}, AbortSignal.abort(new Error('left')))).rejects.toThrow('left')
})
