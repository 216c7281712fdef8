/** Two servers that others wrote, as the first upstream and the second: `@copilotkit/aimock`, `@dwmkerr/mock-llm`. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { LLMock } from '@copilotkit/aimock'
import { createServer } from '@dwmkerr/mock-llm/dist/server.js'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { type Millrace, startMillrace } from '../support/millrace.ts'

const first = new LLMock({ port: 0, logLevel: 'silent' })
let second: Server
let millrace: Millrace
let openai: OpenAI

const SECOND_SAYS = 'Words of the second. '.repeat(10)
const NUMBERS = Array.from({ length: 20 }, (_, n) => n)

beforeAll(async () => {
  // It tells each call to the console.
  vi.spyOn(console, 'log').mockReturnValue()
  await first.start()
  const content = JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1790000000,
    model: '{{jmes request body.model}}',
    choices: [{ index: 0, message: { role: 'assistant', content: SECOND_SAYS }, finish_reason: 'stop' }],
  })
  const rules = [{ path: '/v1/chat/completions', match: '@', response: { status: 200, content } }]
  const app = createServer({ streaming: { chunkSize: 20, chunkIntervalMs: 1 }, rules }, '127.0.0.1', 0)
  second = await new Promise<Server>((resolve) => {
    const listening: Server = app.listen(0, '127.0.0.1', () => resolve(listening))
  })
  const { port } = second.address() as AddressInfo
  // Each test has names of its own, so that no rest is shared.
  millrace = await startMillrace({
    UPSTREAMS: NUMBERS.map((n) => `aimock${n}=${first.url}/v1, mock${n}=http://127.0.0.1:${port}/v1`).join(),
    MODEL_ROUTES: NUMBERS.map((n) => `m${n} = aimock${n}/gpt-4o @2s, mock${n}/theirs`).join('; '),
  })
  openai = new OpenAI({ apiKey: 'none', maxRetries: 0, logLevel: 'off', baseURL: `${millrace.url}/v1` })
})
beforeEach(() => first.reset())
afterAll(async () => {
  await millrace?.stop()
  await first.stop()
  second?.closeAllConnections()
  await new Promise((resolve) => second?.close(resolve))
})

let made = 0
const fresh = () => {
  const n = made++
  return { model: `m${n}`, names: { first: `aimock${n}`, second: `mock${n}` } }
}

async function ask(model: string, stream: boolean) {
  const messages = [{ role: 'user' as const, content: 'words' }]
  const { data, response } = await openai.chat.completions.create({ model, messages, stream }).withResponse()
  const upstream = response.headers.get('x-millrace-upstream')
  if (!(Symbol.asyncIterator in data))
    return { upstream, model: data.model, text: data.choices[0]?.message.content }
  const chunks = await Array.fromAsync(data)
  const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')
  return { upstream, model: chunks[0]?.model, text }
}

const OF_THE_FIRST = 'Words of the first. '.repeat(10)
const answered = { content: OF_THE_FIRST }

const FAILURES: Record<string, { prepare: () => void; code: string; streamedOnly?: true }> = {
  'refuses with 429': {
    prepare: () => first.nextRequestError(429, { message: 'Too many.', type: 'rate_limit_error' }),
    code: 'upstream_rejected',
  },
  'fails with 500': {
    prepare: () => first.nextRequestError(500, { message: 'Broken.', type: 'server_error' }),
    code: 'upstream_error',
  },
  'does not know the model': {
    prepare: () => first.nextRequestError(404, { message: 'No such model.', code: 'model_not_found' }),
    code: 'upstream_rejected',
  },
  'drops the connection': {
    prepare: () => first.onMessage('words', answered, { chaos: { disconnectRate: 1 } }),
    code: 'upstream_unreachable',
  },
  'sends what is no JSON': {
    prepare: () => first.onMessage('words', answered, { chaos: { malformedRate: 1 } }),
    code: 'upstream_invalid',
  },
  'takes too long for its first token': {
    prepare: () => first.onMessage('words', answered, { latency: 20_000 }),
    code: 'upstream_first_token_timeout',
    streamedOnly: true,
  },
}

test.each(
  Object.entries(FAILURES).flatMap(([name, failure]) =>
    [true, false]
      .filter((stream) => stream || !failure.streamedOnly)
      .map((stream) => [name, stream ? 'streamed' : 'unstreamed', failure, stream] as const),
  ),
)('the first one %s, %s: the second one answers', async (_, __, { prepare, code }, stream) => {
  prepare()
  const { model, names } = fresh()
  expect(await ask(model, stream)).toEqual({ upstream: names.second, model: 'theirs', text: SECOND_SAYS })
  await expect
    .poll(() => millrace.logs.find((line) => line.model === model))
    .toMatchObject({ upstream: names.second, attempts: [{ upstream: names.first, code }] })
  expect(first.getRequests()).toHaveLength(1)
})

test.each([true, false])('the first one answers; streamed: %s', async (stream) => {
  first.onMessage('words', answered)
  const { model, names } = fresh()
  expect(await ask(model, stream)).toEqual({ upstream: names.first, model: 'gpt-4o', text: OF_THE_FIRST })
})

test('the first one has no such fixture: its 404 is about the request, and no other one is asked', async () => {
  const { model, names } = fresh()
  const error = await ask(model, true).catch((error: unknown) => error)
  expect(error).toMatchObject({ status: 404, code: 'no_fixture_match' })
  await expect
    .poll(() => millrace.logs.find((line) => line.model === model))
    .toMatchObject({ attempts: [{ upstream: names.first, status: 404 }] })
})
