import { describe, expect, test } from 'vitest'
import { fetchChat, readCompletion } from '../../client/stream/fetch-chat.ts'
import { completion, USAGE } from '../support/sse.ts'

const REQUEST = { messages: [{ role: 'user' as const, content: 'Why?' }] }
const answering =
  (response: () => Response): typeof fetch =>
  () =>
    Promise.resolve(response())

describe('an answer in one piece', () => {
  test('is asked for unstreamed, and read', async () => {
    let asked: unknown
    const answer = await fetchChat('/v1/chat/completions', REQUEST, {
      fetch: (_, init) => {
        asked = JSON.parse(String(init?.body))
        return Promise.resolve(Response.json(completion('Because.')))
      },
    })
    expect(asked).toEqual({ ...REQUEST, stream: false })
    expect(answer).toEqual({ text: 'Because.', model: 'gpt-test', usage: USAGE })
  })

  test('can be a refusal, or be without usage', () => {
    const message = { role: 'assistant', content: null, refusal: 'No.' }
    const refused = completion('', { choices: [{ index: 0, message }], usage: null })
    expect(readCompletion(JSON.stringify(refused))).toEqual({ text: 'No.', model: 'gpt-test', usage: null })
  })

  test.each(['', 'null', '[]', '"text"', '{}', '{"choices":{}}', '{"choices"'])('is not %j', (body) => {
    expect(readCompletion(body)).toBeUndefined()
  })

  test.each(['{"choices":[]}', '{"choices":[null]}', '{"choices":[{"message":null}],"model":7}'])(
    'may say nothing, as %j',
    (body) => {
      expect(readCompletion(body)).toEqual({ text: '', model: '', usage: null })
    },
  )
})

describe('an answer that fails', () => {
  test('is refused in the words of the envelope', async () => {
    const error = { message: 'Too many.', type: 'rate', param: null, code: 'rate_limit_exceeded' }
    const response = () => Response.json({ error }, { status: 429, headers: { 'retry-after': '2' } })
    await expect(fetchChat('/', REQUEST, { fetch: answering(response) })).rejects.toMatchObject({
      code: 'rate_limit_exceeded',
      status: 429,
      retryAfterMs: 2000,
    })
  })

  test('is no completion', async () => {
    const response = () => new Response('<html>', { headers: { 'x-request-id': 'req_1' } })
    await expect(fetchChat('/', REQUEST, { fetch: answering(response) })).rejects.toMatchObject({
      code: 'not_a_completion',
      requestId: 'req_1',
    })
  })

  test('loses its connection before it or in the middle', async () => {
    const lost = () => Promise.reject(new TypeError('Failed to fetch'))
    await expect(fetchChat('/', REQUEST, { fetch: lost })).rejects.toMatchObject({ code: 'network' })
    const half = () => new Response(new ReadableStream({ start: (c) => c.error(new TypeError('reset')) }))
    await expect(fetchChat('/', REQUEST, { fetch: answering(half) })).rejects.toMatchObject({
      code: 'network',
    })
  })

  test('is stopped: the reason is the reader’s', async () => {
    const stop = new AbortController()
    const asked = fetchChat('/', REQUEST, {
      signal: stop.signal,
      fetch: (_, init) =>
        new Promise((_, reject) => {
          init?.signal?.addEventListener('abort', () => reject(new TypeError('gone')))
        }),
    })
    stop.abort()
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' })
  })
})
