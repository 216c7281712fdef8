import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { exports } from 'cloudflare:workers'
import { describe, expect, test, vi } from 'vitest'
import { app } from '../worker/app.ts'

const worker = exports.default
const url = (path: string) => `http://localhost${path}`
const question = { messages: [{ role: 'user', content: 'plot_2d_normal' }] }
const post = (path: string, body: string, type = 'application/json') =>
  worker.fetch(url(path), { method: 'POST', body, headers: { 'content-type': type } })

/** A request to a Worker with other configuration, its work awaited. */
async function withVars(vars: object, path: string, init?: RequestInit) {
  const context = createExecutionContext()
  const response = await app.fetch(new Request(url(path), init), { ...vars }, context)
  const text = await response.text()
  await waitOnExecutionContext(context)
  return { response, text }
}

/** The log's lines of these requests: a line of an earlier one may still come. */
function linesOf(log: { mock: { calls: unknown[][] } }, asked: { response: Response }[]) {
  const ids = asked.map(({ response }) => response.headers.get('x-request-id'))
  const lines = log.mock.calls.map(([line]) => JSON.parse(String(line)) as { id: string; route: string })
  return lines.filter(({ id }) => ids.includes(id))
}

test('the demo answers without any configuration', async () => {
  const streamed = await post('/v1/chat/completions', JSON.stringify({ ...question, stream: true }))
  expect(streamed.headers.get('content-type')).toMatch('text/event-stream')
  expect((await streamed.text()).endsWith('data: [DONE]\n\n')).toBe(true)
  const whole = await post('/v1/chat/completions', JSON.stringify(question))
  expect(await whole.json()).toMatchObject({ object: 'chat.completion', usage: { completion_tokens: 414 } })
  const text = await post('/chat', 'plot_2d_normal', 'application/x-www-form-urlencoded')
  expect(text.headers.get('content-type')).toBe('text/plain; charset=utf-8')
  expect(await text.text()).toContain('def plot_2d_normal(')
})

test('every answer has an id and its timing', async () => {
  for (const path of ['/healthz', '/nowhere', '/v1/models']) {
    const { headers } = await worker.fetch(url(path))
    expect(headers.get('x-request-id')).toMatch(/^req_/)
    expect(headers.get('server-timing')).toMatch(/total;dur=\d/)
  }
})

test('what is offered, and how it is', async () => {
  expect(await (await worker.fetch(url('/v1/models'))).json()).toMatchObject({
    object: 'list',
    data: [{ id: 'millrace-demo', object: 'model' }],
  })
  expect(await (await worker.fetch(url('/healthz'))).json()).toMatchObject({ status: 'ok', upstream: 'demo' })
})

describe('one model', () => {
  const offer = { OPENAI_API_KEY: 'sk-1', OPEN_ACCESS: 'true', MODELS: 'a, vendor/b' }

  test.each([
    ['a', 'a'],
    ['vendor%2Fb', 'vendor/b'],
    ['vendor/b', 'vendor/b'],
  ])('%s is on offer', async (path, id) => {
    const { response, text } = await withVars(offer, `/v1/models/${path}`)
    expect(response.status).toBe(200)
    expect(JSON.parse(text)).toEqual({ id, object: 'model', created: 0, owned_by: 'openai' })
    const head = await withVars(offer, `/v1/models/${path}`, { method: 'HEAD' })
    expect([head.response.status, head.text]).toEqual([200, ''])
  })

  test.each(['b', 'vendor', 'A', 'a%20', '%ff'])('%s is not', async (path) => {
    const { response, text } = await withVars(offer, `/v1/models/${path}`)
    expect(response.status).toBe(404)
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'model_not_found', param: 'model' } })
  })

  test('where the list is the upstream’s, the upstream is asked, and for nothing else than a model', async () => {
    const upstream = vi
      .spyOn(globalThis, 'fetch')
      .mockImplementation(async () => Response.json({ id: 'up', object: 'model' }))
    const any = { ...offer, MODELS: '' }
    for (const path of ['gpt-x', 'vendor%2Fb', 'x%3Fy', '%2e%2e%2ffiles']) {
      expect((await withVars(any, `/v1/models/${path}`)).text).toBe('{"id":"up","object":"model"}')
    }
    const base = 'https://api.openai.com/v1/models'
    expect(upstream.mock.calls.map(([url]) => url)).toEqual([
      `${base}/gpt-x`,
      `${base}/vendor%2Fb`,
      `${base}/x%3Fy`,
      `${base}/..%2Ffiles`,
    ])
    upstream.mockRestore()
  })

  test('the upstream’s own refusal is passed on', async () => {
    const error = {
      message: 'No such model.',
      type: 'invalid_request_error',
      param: 'model',
      code: 'model_not_found',
    }
    const upstream = vi
      .spyOn(globalThis, 'fetch')
      .mockImplementation(async () => Response.json({ error }, { status: 404 }))
    const { response, text } = await withVars({ ...offer, MODELS: '' }, '/v1/models/gpt-none')
    expect([response.status, JSON.parse(text)]).toEqual([404, { error }])
    upstream.mockRestore()
  })
})

describe('a compressed body', () => {
  test.each(['/v1/chat/completions', '/chat', '/v1/streams', '/v1/sessions'])('%s: refused', async (path) => {
    for (const encoding of ['gzip', 'GZIP', 'br', 'identity, gzip', 'x']) {
      const init = { method: 'POST', body: 'x', headers: { 'content-encoding': encoding } }
      const response = await worker.fetch(url(path), init)
      expect([encoding, response.status]).toEqual([encoding, 415])
      expect(response.headers.get('accept-encoding')).toBe('identity')
      expect(await response.text()).toMatch(
        /unsupported_media_type.*uncompressed|uncompressed.*unsupported_media_type/,
      )
    }
  })

  test('`identity` says that a body is not compressed', async () => {
    const headers = { 'content-encoding': 'identity' }
    expect((await worker.fetch(url('/chat'), { method: 'POST', body: 'Hi', headers })).status).toBe(200)
  })
})

test('what streams says so to the proxies before it, which would gather it', async () => {
  for (const [path, fields] of [
    ['/v1/chat/completions', { stream: true }],
    ['/v1/streams', {}],
    ['/chat', {}],
  ] as const) {
    const response = await post(path, JSON.stringify({ ...question, ...fields }))
    expect([path, response.headers.get('x-accel-buffering')]).toEqual([path, 'no'])
    await response.text()
  }
})

test('a caller that leaves before the first byte has stopped its call, which did not fail', async () => {
  const leaving = new AbortController()
  const upstream = vi.spyOn(globalThis, 'fetch').mockImplementation(
    (_, init) =>
      new Promise((_, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))
        leaving.abort()
      }),
  )
  const log = vi.spyOn(console, 'log')
  const vars = { OPENAI_API_KEY: 'sk-1', OPEN_ACCESS: 'true' }
  const left = await withVars(vars, '/chat', { method: 'POST', body: 'Hi', signal: leaving.signal })
  expect(linesOf(log, [left])).toMatchObject([{ end: 'stopped', code: 'caller_left' }])
  upstream.mockRestore()
  log.mockRestore()
})

test('the log has the pattern of the route, also of a refused method, and never the path', async () => {
  const log = vi.spyOn(console, 'log')
  const asked = [
    await withVars({}, '/v1/streams/str_private'),
    await withVars({}, '/v1/streams/str_private', { method: 'PUT' }),
    await withVars({}, '/v1/models/private/words'),
    await withVars({}, '/private'),
  ]
  expect(linesOf(log, asked).map(({ route }) => route)).toEqual([
    '/v1/streams/:id',
    '/v1/streams/:id',
    '/v1/models/:id{.+}',
    'none',
  ])
  log.mockRestore()
})

describe('methods', () => {
  test.each([
    ['/v1/chat/completions', 'POST, OPTIONS'],
    ['/chat', 'POST, OPTIONS'],
    ['/v1/streams', 'GET, HEAD, POST, OPTIONS'],
    ['/v1/streams/str_0', 'DELETE, GET, HEAD, OPTIONS'],
    ['/v1/models', 'GET, HEAD, OPTIONS'],
    ['/v1/models/a', 'GET, HEAD, OPTIONS'],
    ['/v1/usage', 'GET, HEAD, OPTIONS'],
    ['/v1/sessions', 'POST, OPTIONS'],
    ['/healthz', 'GET, HEAD, OPTIONS'],
  ])('%s allows %s', async (path, allow) => {
    const options = await worker.fetch(url(path), { method: 'OPTIONS' })
    expect([options.status, options.headers.get('allow'), await options.text()]).toEqual([204, allow, ''])
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      if (allow.split(', ').includes(method)) continue
      const response = await worker.fetch(url(path), { method })
      expect([method, response.status, response.headers.get('allow')]).toEqual([method, 405, allow])
      const text = await response.text()
      if (method === 'HEAD') expect(text).toBe('')
      else expect(text).toContain('method_not_allowed')
    }
  })

  test('HEAD is GET without its body', async () => {
    const head = await worker.fetch(url('/healthz'), { method: 'HEAD' })
    expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([
      200,
      'application/json',
      '',
    ])
  })
})

test('an unknown route is 404 in the envelope', async () => {
  for (const path of ['/v1', '/v1/chat', '/nowhere', '/v1/models/', '/chat/x']) {
    const response = await worker.fetch(url(path), { method: 'POST', body: 'x' })
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ error: { code: 'not_found', param: null } })
  }
})

test('a wrong configuration answers every call with the name of its variable', async () => {
  for (const [path, method] of [
    ['/chat', 'POST'],
    ['/healthz', 'GET'],
    ['/v1/models', 'GET'],
  ] as const) {
    const { response, text } = await withVars({ ACCESS_KEYS: 'oops' }, path, { method })
    expect(response.status).toBe(500)
    expect(text).toContain('ACCESS_KEYS')
  }
})

test('deployed with a key and nothing else, no call reaches the upstream', async () => {
  const outbound = vi.spyOn(globalThis, 'fetch')
  for (const [path, method] of [
    ['/v1/chat/completions', 'POST'],
    ['/chat', 'POST'],
    ['/v1/models', 'GET'],
  ] as const) {
    const { response } = await withVars({ OPENAI_API_KEY: 'sk-1' }, path, { method })
    expect([path, response.status]).toEqual([path, 401])
  }
  expect(outbound).not.toHaveBeenCalled()
  outbound.mockRestore()
})

test('an unexpected error is 500, and its message stays in the Worker', async () => {
  const outbound = vi.spyOn(globalThis, 'fetch').mockResolvedValue({} as Response)
  const log = vi.spyOn(console, 'log')
  const { response, text } = await withVars({ OPENAI_API_KEY: 'sk-1', OPEN_ACCESS: 'true' }, '/chat', {
    method: 'POST',
    body: 'private words',
  })
  expect(response.status).toBeGreaterThanOrEqual(500)
  expect(text).not.toMatch(/undefined|TypeError|private words/)
  expect(JSON.stringify(log.mock.calls)).not.toContain('private words')
  outbound.mockRestore()
  log.mockRestore()
})
