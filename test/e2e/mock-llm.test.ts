/**
 * Another upstream that we did not write: `@dwmkerr/mock-llm`, by its rules. Its streams have no usage and no
 * time, it reports an error of a stream with the status of success, and its 404 has a form of its own.
 */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer } from '@dwmkerr/mock-llm/dist/server.js'
import OpenAI, { APIError } from 'openai'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { chat } from '../support/caller.ts'
import { startMillrace } from '../support/millrace.ts'

const WORDS = 'A millrace brings the stream to the wheel: crème brûlée, 日本語. '.repeat(5)

const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1790000000,
  model: '{{jmes request body.model}}',
  choices: [{ index: 0, message: { role: 'assistant', content: WORDS }, finish_reason: 'stop' }],
}
const refused = {
  error: { message: 'No such thing.', type: 'invalid_request_error', param: 'messages', code: 'odd' },
}
const rule = (path: string, match: string, status: number, value: unknown) => ({
  path,
  match,
  response: { status, content: JSON.stringify(value) },
})

let server: Server
let millrace: Awaited<ReturnType<typeof startMillrace>>
let direct: OpenAI
let through: OpenAI

beforeAll(async () => {
  // It tells each call to the console.
  vi.spyOn(console, 'log').mockReturnValue()
  const says = (word: string) => `contains(body.messages[-1].content || '', '${word}')`
  const rules = [
    rule('/v1/chat/completions', '@', 200, completion),
    rule('/v1/chat/completions', says('refuse'), 400, refused),
    rule('/v1/chat/completions', says('fail'), 500, { error: { message: 'Broken.', type: 'server_error' } }),
    rule('/v1/embeddings', '@', 200, {
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding: [0.25, -1] }],
      model: '{{jmes request body.model}}',
      usage: { prompt_tokens: 1, total_tokens: 1 },
    }),
  ]
  const app = createServer({ streaming: { chunkSize: 20, chunkIntervalMs: 1 }, rules }, '127.0.0.1', 0)
  server = await new Promise<Server>((resolve) => {
    const listening: Server = app.listen(0, '127.0.0.1', () => resolve(listening))
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  millrace = await startMillrace({ OPENAI_BASE_URL: url, OPENAI_API_KEY: 'mock' })
  const options = { apiKey: 'mock', maxRetries: 0, logLevel: 'off' as const }
  direct = new OpenAI({ ...options, baseURL: url })
  through = new OpenAI({ ...options, baseURL: `${millrace.url}/v1` })
})

afterAll(async () => {
  await millrace?.stop()
  server?.closeAllConnections()
  await new Promise((resolve) => server?.close(resolve))
})

const about = (content: string) => ({ model: 'gpt-4o', messages: [{ role: 'user' as const, content }] })
const both = <T>(ask: (openai: OpenAI) => Promise<T>) => Promise.all([direct, through].map(ask))

test('a conversation, unstreamed', async () => {
  const [expected, actual] = await both((openai) => openai.chat.completions.create(about('words')))
  expect(actual).toEqual(expected)
  expect(actual?.choices[0]?.message.content).toBe(WORDS)
  expect(actual?.model).toBe('gpt-4o')
})

test('a conversation, streamed', async () => {
  const request = { ...about('words'), stream: true as const }
  const [expected, actual] = await both(async (openai) =>
    Array.fromAsync(await openai.chat.completions.create(request)),
  )
  expect(actual).toEqual(expected)
  expect(actual?.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(WORDS)
})

test('a conversation, streamed, with the usage that it does not send', async () => {
  const request = { ...about('words'), stream: true as const, stream_options: { include_usage: true } }
  const chunks = await Array.fromAsync(await through.chat.completions.create(request))
  const last = chunks.at(-1)
  expect(last?.usage?.completion_tokens).toBeGreaterThan(40)
  expect(last).toMatchObject({ choices: [], millrace: { usage_source: 'estimated' } })
})

test('its words as plain text', async () => {
  expect(await (await chat(millrace.url, 'words')).text()).toBe(WORDS)
})

test('embeddings', async () => {
  const asked = { model: 'text-embedding-3-small', input: 'words', encoding_format: 'float' as const }
  const [expected, actual] = await both((openai) => openai.embeddings.create(asked))
  expect(actual).toEqual(expected)
})

describe('its errors', () => {
  const failure = async (openai: OpenAI, content: string, stream: boolean) => {
    const asked = openai.chat.completions.create({ ...about(content), stream })
    const error = await asked
      .then(async (answer) => (Symbol.asyncIterator in answer ? Array.fromAsync(answer) : answer))
      .catch((error: unknown) => error)
    expect(error).toBeInstanceOf(APIError)
    return error as APIError
  }

  // A stream's error comes with the status of success, and names none.
  test.each([
    ['unstreamed', false, 400],
    ['streamed', true, 502],
  ])('a refusal, %s', async (_, stream, status) => {
    const error = await failure(through, 'refuse', stream)
    expect(error).toMatchObject({ status, code: 'odd', param: 'messages' })
    expect(error.message).toContain('No such thing.')
  })

  test('a failure', async () => {
    expect(await failure(through, 'fail', false)).toMatchObject({ status: 502, code: 'upstream_error' })
  })

  test('a route that it lacks', async () => {
    const error = await through.images.generate({ model: 'm', prompt: 'p' }).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(APIError)
    expect(error).toMatchObject({ status: 404 })
  })
})
