/** Bad input gets its named error, nothing reaches the upstream, and the Worker goes on. */
import { request as httpRequest } from 'node:http'
import { afterAll, describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../worker/errors.ts'
import { MAX_BODY_BYTES, MAX_JSON_DEPTH, MAX_MESSAGES } from '../../worker/limits.ts'
import { ask, askStream, QUESTION, refusal } from '../support/caller.ts'
import { useHouse } from '../support/house.ts'
import { startMillrace } from '../support/millrace.ts'
import type { Script } from '../support/script.ts'
import { json } from '../support/scripts.ts'
import { completion } from '../support/sse.ts'

const house = useHouse({ MODELS: 'gpt-test gpt-other' })

afterAll(async () => {
  expect(await (await askStream(house.url)).text(), 'the call after all of these').toContain('[DONE]')
})

const messages = (count: number) => Array.from({ length: count }, () => ({ role: 'user', content: 'x' }))
/** A question that is so many levels deep, of which the request, its messages and the one of them are three. */
const nested = (levels: number) =>
  `{"messages":[{"role":"user","content":"x","deep":${'['.repeat(levels - 3)}${']'.repeat(levels - 3)}}]}`
const ofBytes = (size: number) => {
  const request = (content: string) => JSON.stringify({ ...QUESTION, messages: [{ role: 'user', content }] })
  return request('x'.repeat(size - request('').length))
}

/** The envelope of every refusal, the same everywhere. */
async function expectRefusal(response: Response, status: number, code: ErrorCode) {
  expect(response.status).toBe(status)
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  expect(response.headers.get('x-request-id')).toMatch(/\S{8,}/)
  expect(response.headers.get('x-should-retry')).toBe('false')
  const envelope = (await response.json()) as { error: { message: string } }
  expect(envelope).toEqual({
    error: {
      message: expect.stringMatching(/\w+ \w+/),
      type: 'invalid_request_error',
      param: envelope.error && 'param' in envelope.error ? envelope.error.param : 'missing',
      code,
    },
  })
  expect(house.upstream.calls).toHaveLength(0)
  return envelope.error.message
}

// Each kind of body is in test/admission/body.test.ts; here each code is met on the wire.
describe('a body that is no request', () => {
  test.each<[string, unknown, ErrorCode]>([
    ['is empty', '', 'invalid_json'],
    ['is half of one', '{"messages":[', 'invalid_json'],
    ['is JSON and no object', 'null', 'invalid_json'],
    ['has 100,000 brackets', nested(100_000), 'invalid_json'],
    [
      'has characters that are none',
      Buffer.from('{"messages":[{"role":"user","content":"\xe9"}]}', 'latin1'),
      'invalid_encoding',
    ],
    ['has no messages', {}, 'invalid_messages'],
    ['has a number for a model', { ...QUESTION, model: 4 }, 'invalid_parameter'],
    ['has 100,000 messages', { messages: messages(100_000) }, 'too_many_messages'],
  ])('is refused: it %s', async (_, body, code) => {
    await expectRefusal(await ask(house.url, body), 400, code)
  })

  test('is refused at 5 MB that do not say their length', async () => {
    const body = new Blob([ofBytes(5 * 1024 * 1024)]).stream()
    const init = { body, duplex: 'half' } as RequestInit
    await expectRefusal(await ask(house.url, undefined, init), 413, 'body_too_large')
  })

  test('is refused by its Content-Length', async () => {
    await expectRefusal(await ask(house.url, ofBytes(MAX_BODY_BYTES + 1)), 413, 'body_too_large')
  })

  test('that stops halfway, with its caller gone, disturbs nobody', async () => {
    const request = httpRequest(`${house.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': '1000' },
    })
    request.on('error', () => {})
    await new Promise<void>((sent) => request.write('{"messages":[', () => sent()))
    const closed = new Promise<void>((resolve) => request.once('close', resolve))
    request.destroy()
    await closed
    expect((await fetch(`${house.url}/healthz`)).status).toBe(200)
    expect(house.upstream.calls).toHaveLength(0)
  })
})

test.each<[string, unknown]>([
  ['as many messages as may be', { messages: messages(MAX_MESSAGES) }],
  ['as many brackets as may be', nested(MAX_JSON_DEPTH)],
  ['as many bytes as may be', ofBytes(MAX_BODY_BYTES)],
])('a body of %s is answered', async (_, body) => {
  const response = await ask(house.url, body)
  expect(response.status, await response.clone().text()).toBe(200)
  expect(house.upstream.calls).toHaveLength(1)
})

describe('a wrong method', () => {
  // Fetch refuses to send these two, so they go by hand.
  test.each(['TRACE', 'BREW'])('is refused: %s', async (method) => {
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(`${house.url}/v1/chat/completions`, { method }, ({ statusCode }) =>
        resolve(statusCode),
      )
      request.on('error', reject).end()
    })
    expect([400, 405, 501]).toContain(status)
    expect(house.upstream.calls).toHaveLength(0)
  })
})

describe('what is wrong is said', () => {
  const told = async (path: string, init: RequestInit = {}) => {
    const text = await (await fetch(`${house.url}${path}`, init)).text()
    return path === '/chat' ? text : (JSON.parse(text) as { error: { message: string } }).error.message
  }
  const post = (body: string) => ({ method: 'POST', headers: { 'content-type': 'application/json' }, body })

  test.each([
    ['/chat/completions', 'There is no route POST /chat/completions. Is POST /v1/chat/completions meant?'],
    ['/v1', 'There is no route POST /v1. Is POST /v1/chat/completions meant?'],
    ['/v1/files', 'There is no route POST /v1/files. Routes: POST /v1/chat/completions, POST /chat, '],
  ])('of %s: the route that is meant, and those that there are', async (path, words) => {
    const message = await told(path, post('{}'))
    expect(message).toContain(words)
    expect(message).toMatch(
      /Routes: .*GET \/v1\/models\/\{id\}, .*GET \/healthz, GET \/run\/, GET \/run\/preview\/\.$/,
    )
  })

  test('of an endless path: its beginning', async () => {
    expect((await told(`/v1/${'x'.repeat(2000)}`)).length).toBeLessThan(700)
  })

  test.each([
    ['/chat', 'POST your question as the body'],
    ['/v1/chat/completions', 'POST a chat completion request as the body, in JSON.'],
    ['/v1/sessions', 'POST without a body to get a token.'],
  ])('of GET %s: what to do', async (path, words) => {
    expect(await told(path)).toContain(words)
  })

  test('of a body that is not JSON: where it breaks, and no more of it than a character', async () => {
    const body = '{\n  "model": "gpt-test",\n  "messages": [{"role": "user", "content": "canary"}],\n}'
    for (const path of ['/v1/chat/completions', '/v1/streams', '/chat']) {
      const message = await told(path, post(body))
      expect(message).toMatch(/The body is not valid JSON: line 4, column 1 \(position \d+\): no comma may/)
      expect(message).not.toContain('canary')
    }
  })

  test('of a model that is not offered: its name', async () => {
    const headers = { 'content-type': 'application/json' }
    const asked = { method: 'POST', headers, body: JSON.stringify({ ...QUESTION, model: 'gpt-9' }) }
    const offered = await startMillrace({ MODELS: 'gpt-test, gpt-other' })
    try {
      const response = await fetch(`${offered.url}/v1/chat/completions`, asked)
      expect((await refusal(response)).message).toBe(
        'The model "gpt-9" is not offered here. On offer: gpt-test, gpt-other.',
      )
      const one = await fetch(`${offered.url}/v1/models/${'x'.repeat(300)}`)
      expect((await refusal(one)).message.length).toBeLessThan(200)
    } finally {
      await offered.stop()
    }
  })
})

describe('a route that is none', () => {
  test.each(['/v1/files', '/v1/models/../../x', '/v1//chat/completions', '/missing.js', '/%ff'])(
    'is not found: %s',
    async (path) => {
      for (const method of ['GET', 'POST']) {
        const response = await fetch(`${house.url}${path}`, { method })
        expect(response.status).toBe(404)
        expect(await refusal(response)).toMatchObject({
          code: 'not_found',
          type: 'invalid_request_error',
          param: null,
        })
      }
      expect(house.upstream.calls).toHaveLength(0)
    },
  )
})

test('more large bodies at once than an isolate may hold: four are answered, the others told to come back', async () => {
  const large = ofBytes(MAX_BODY_BYTES)
  const { promise: answering, resolve: answer } = Promise.withResolvers<void>()
  const script: Script = async (reply) => {
    await answering
    await json(completion('a'))(reply)
  }
  house.upstream.next(...Array.from({ length: 4 }, () => script))
  let busy = 0
  const asked = Array.from({ length: 12 }, async () => {
    const response = await ask(house.url, large)
    if (response.status === 503) busy++
    return response
  })
  await expect.poll(() => busy).toBe(8)
  answer()
  for (const response of await Promise.all(asked)) {
    if (response.status === 200) await response.text()
    else {
      expect(await refusal(response)).toMatchObject({ code: 'server_busy', type: 'server_error' })
      expect(response.headers.get('retry-after')).toBe('1')
    }
  }
  // Nothing of them stays held.
  await expect.poll(async () => (await ask(house.url, large)).status).toBe(200)
})

test('bodies whose callers leave halfway hold nothing', async () => {
  const large = ofBytes(MAX_BODY_BYTES)
  for (let times = 0; times < 8; times++) {
    const request = httpRequest(`${house.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': large.length },
    })
    request.on('error', () => {})
    await new Promise<void>((sent) => request.write(large.slice(0, 100_000), () => sent()))
    request.destroy()
  }
  await expect.poll(async () => (await ask(house.url, large)).status).toBe(200)
})
