/** One JSON line a request: enough to see what happened, and nothing of what was said. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ask, askStream, chat, QUESTION, receive } from '../support/caller.ts'
import { chatJson, openStream } from '../support/gate.ts'
import { UPSTREAM_KEY, useHouse } from '../support/house.ts'
import { end, hang, inOrder, type Script, send, wait } from '../support/script.ts'
import { answer, answerInTwo, begun, events, failing } from '../support/scripts.ts'
import { answerEvents, DONE_EVENT, delta, errorForms, event, numbered, role } from '../support/sse.ts'

const house = useHouse()
/** For an upstream that falls silent. */
const impatient = useHouse({ SILENCE_TIMEOUT_MS: '1200' })

/** Times are told, so no event passes unseen. */
const TIMED = { stream_options: { include_usage: true, include_timing: true } }

/** The lines of this test, as soon as there are `count` of them. */
async function lines(count = 1): Promise<Record<string, unknown>[]> {
  const own = () => house.logs.slice(start)
  await expect.poll(() => own().length).toBeGreaterThanOrEqual(count)
  return own()
}

let start = 0
beforeEach(() => {
  start = house.logs.length
})

// Whatever else was logged would be no record, such as an error that nobody caught.
afterEach(async () => {
  for (const line of await lines(0)) expect(line, JSON.stringify(line)).toHaveProperty('id')
})

test('a streamed answer', async () => {
  const { script, go } = answerInTwo(numbered(5), 30)
  house.upstream.next(script)
  const asked = Date.now()
  const response = await askStream(house.url)
  const { text } = await receive(response, go)
  const [line] = await lines()
  expect(line).toMatchObject({
    id: response.headers.get('x-request-id'),
    route: '/v1/chat/completions',
    status: 200,
    model: 'gpt-test',
    upstream_status: 200,
    bytes: Buffer.byteLength(text),
    end: 'done',
    first_byte_ms: expect.any(Number),
    total_ms: expect.any(Number),
  })
  expect(Number(line?.total_ms)).toBeGreaterThan(120)
  const ended = Date.parse(String(line?.ts)) + Number(line?.total_ms)
  expect(ended).toBeGreaterThan(asked)
  expect(ended).toBeLessThan(Date.now() + 1000)
  expect(Number(line?.first_byte_ms)).toBeLessThan(Number(line?.total_ms))
})

test('an unstreamed one, and plain text', async () => {
  const json = await (await ask(house.url)).text()
  const text = await (await chat(house.url)).text()
  const [first, second] = await lines(2)
  expect(first).toMatchObject({
    route: '/v1/chat/completions',
    status: 200,
    bytes: Buffer.byteLength(json),
    end: 'done',
  })
  expect(second).toMatchObject({ route: '/chat', status: 200, bytes: Buffer.byteLength(text), end: 'done' })
})

test('each request has one line, and an id of its own', async () => {
  const responses = await Promise.all([
    ...numbered(5).map(() => askStream(house.url)),
    chat(house.url),
    ask(house.url, 'not JSON'),
    fetch(`${house.url}/v1/nowhere`),
    fetch(`${house.url}/healthz`),
    fetch(`${house.url}/v1/models`),
  ])
  await Promise.all(responses.map((response) => response.text()))
  await lines(responses.length)
  // One more request: had any of the others two lines, more than its own would be there by now.
  await (await askStream(house.url)).text()
  const all = await lines(responses.length + 1)
  expect(all).toHaveLength(responses.length + 1)
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
  const ids = new Set(all.map(({ id }) => id))
  for (const { headers } of responses) expect(ids).toContain(headers.get('x-request-id'))
})

describe.each<[string, (fields?: object, init?: RequestInit) => Promise<Response>]>([
  ['relayed natively', (fields, init) => askStream(house.url, fields, init)],
  ['through the engine', (fields, init) => askStream(house.url, { ...TIMED, ...fields }, init)],
  ['/chat', (fields, init) => chatJson(house.url, fields, init)],
  ['/v1/streams', (fields, init) => openStream(house.url, fields, init)],
])('%s', (_, ask) => {
  const origin = () => new URL(house.url).origin

  test('has the first token, what was cached and hidden, the page, and the retries', async () => {
    const usage = {
      prompt_tokens: 9,
      completion_tokens: 7,
      total_tokens: 16,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 3 },
    }
    const last = event({ choices: [], usage })
    const slow = inOrder(
      begun([role()]),
      wait(150),
      send(delta('Hi')),
      wait(150),
      send(last, DONE_EVENT),
      end,
    )
    house.upstream.next(failing(500), slow)
    await receive(await ask({}, { headers: { origin: origin() } }))
    const [line] = await lines()
    expect(line).toMatchObject({
      origin: origin(),
      retries: 1,
      cached_tokens: 4,
      reasoning_tokens: 3,
      upstream_status: 200,
      end: 'done',
    })
    // The role, which is no token, came 150 ms before the first one. Timers may be a little early.
    expect(line?.first_token_ms).toBeGreaterThanOrEqual(140)
    expect(line?.first_token_ms).toBeLessThanOrEqual(Number(line?.total_ms))
  })

  test.each(['insufficient_quota', 'rate_limit_exceeded'])(
    'has the upstream’s code, refused: %s',
    async (code) => {
      house.upstream.next(failing(429, { code, message: 'm' }, { 'retry-after': '20' }))
      await (await ask()).text()
      expect((await lines())[0]).toMatchObject({
        status: 429,
        code: 'upstream_rejected',
        upstream_status: 429,
        upstream_code: code,
        retries: 0,
      })
    },
  )

  test('has the upstream’s code, in mid-stream', async () => {
    house.upstream.next(
      events([role(), delta('half'), event({ error: { code: 'server_error', message: 'm' } })]),
    )
    await receive(await ask())
    expect((await lines())[0]).toMatchObject({
      code: 'upstream_error',
      upstream_code: 'server_error',
      end: 'failed',
    })
  })

  test.each<[string, string, string, string | undefined]>([
    ['the upstream’s words', 'invalid_api_key', 'This key was revoked.', 'This key was revoked.'],
    [
      'no words that quote the question',
      'invalid_api_key',
      'Wrong key for “Say hello to the wheel.”',
      undefined,
    ],
    ['no words that quote it beside a bill', 'billing_error', 'Not paid: say hello to the wheel', undefined],
  ])('of a wrong key or bill, in mid-stream, has %s', async (_, code, message, cause) => {
    house.upstream.next(events([role(), delta('half'), event({ error: { code, message } })]))
    const messages = [{ role: 'user', content: 'Say hello to the wheel.' }]
    await receive(await ask({ messages }))
    const [line] = await lines()
    expect(line).toMatchObject({ code: 'upstream_refused', upstream_code: code, end: 'failed' })
    expect(line?.cause).toBe(cause)
  })

  test('names the host and the cause of an upstream that is not reached', async () => {
    await house.upstream.refuse()
    const response = await ask()
    const told = await response.text()
    await house.upstream.accept()
    expect(response.status).toBe(502)
    const { host } = new URL(house.upstream.url)
    expect(told).not.toContain(host)
    expect((await lines())[0]).toMatchObject({
      code: 'upstream_unreachable',
      cause: expect.stringMatching(new RegExp(`^${host}: \\w`)),
      setting: 'OPENAI_BASE_URL',
      retries: 2,
    })
  })

  test('names the setting of a model that is gone', async () => {
    house.upstream.next(failing(404, { code: 'model_not_found', message: 'The model does not exist.' }))
    await (await ask()).text()
    expect((await lines())[0]).toMatchObject({
      model: 'gpt-test',
      upstream_code: 'model_not_found',
      setting: 'MODELS',
    })
  })

  test('of a wrong key has the upstream’s words, and so has the caller on one’s own machine', async () => {
    const message = `Incorrect API key provided: ${UPSTREAM_KEY}.`
    house.upstream.next(failing(401, { code: 'invalid_api_key', message }))
    const told = await (await ask()).text()
    expect(told).toContain('upstream_refused')
    expect(told).toContain('(invalid_api_key) Incorrect API key provided: […]')
    expect((await lines())[0]).toMatchObject({
      upstream_code: 'invalid_api_key',
      cause: 'Incorrect API key provided: […].',
      setting: 'OPENAI_API_KEY',
    })
  })
})

test('an origin is logged in the form that browsers write, and nothing else of it', async () => {
  const odd = [`https://${'a'.repeat(300)}.example`, 'https://a.example/path-canary', 'x']
  for (const origin of ['https://foreign.example', 'null', ...odd]) {
    await (await fetch(`${house.url}/healthz`, { headers: { origin } })).text()
  }
  expect((await lines(5)).map(({ origin }) => origin)).toEqual([
    'https://foreign.example',
    'null',
    'invalid',
    'invalid',
    'invalid',
  ])
})

describe('how it ended', () => {
  const half = [role(), delta('half')]

  test.each<[string, Script, 'truncated' | 'failed' | 'done']>([
    ['whole', events(answerEvents(['a'])), 'done'],
    ['inside an event', inOrder(begun([...half, delta('lost').slice(0, -9)]), end), 'truncated'],
    ['with an error', events([...half, errorForms['a frame of its own']]), 'failed'],
  ])('%s: relayed and as plain text', async (_, script, expected) => {
    house.upstream.next(script)
    await receive(await askStream(house.url))
    expect((await lines())[0]).toMatchObject({ status: 200, end: expected })
    house.upstream.next(script)
    await receive(await chat(house.url))
    expect((await lines(2))[1]).toMatchObject({ route: '/chat', end: expected })
  })

  test('in silence: relayed and as plain text', async () => {
    const ends = () => impatient.logs.map(({ route, status, end }) => [route, status, end])
    impatient.upstream.when(() => inOrder(begun(half), hang))
    await receive(await askStream(impatient.url))
    await expect.poll(ends).toEqual([['/v1/chat/completions', 200, 'failed']])
    await receive(await chat(impatient.url))
    await expect.poll(ends).toHaveLength(2)
    expect(ends()[1]).toEqual(['/chat', 200, 'failed'])
  })

  test.each<[string, (signal: AbortSignal) => Promise<Response>]>([
    ['relayed', (signal) => askStream(house.url, {}, { signal })],
    ['as plain text', (signal) => chat(house.url, 'Hello?', { signal })],
  ])('the caller left: %s', async (_, call) => {
    house.upstream.next(answer(numbered(1000), 20))
    const caller = new AbortController()
    await (await call(caller.signal)).body?.getReader().read()
    caller.abort()
    const [line] = await lines()
    expect(line).toMatchObject({ status: 200, end: 'stopped', completion_tokens: expect.any(Number) })
    expect(Number(line?.bytes)).toBeGreaterThan(0)
  })

  test('refused by the upstream: both statuses', async () => {
    house.upstream.next(failing(400), failing(401))
    await (await askStream(house.url)).text()
    await (await askStream(house.url)).text()
    const [first, second] = await lines(2)
    expect(first).toMatchObject({ status: 400, upstream_status: 400 })
    expect(second).toMatchObject({ status: 502, upstream_status: 401 })
    for (const line of [first, second]) expect(line?.end).not.toBe('done')
  })

  test('refused by the Worker: no upstream', async () => {
    await (await ask(house.url, { messages: [] })).text()
    const [line] = await lines()
    expect(line).toMatchObject({ route: '/v1/chat/completions', status: 400 })
    expect(line?.upstream_status ?? null).toBeNull()
    expect(line?.end).not.toBe('done')
  })
})

test('no path, query, header or address of the caller is in a line', async () => {
  const headers = {
    'user-agent': 'agent-canary',
    referer: 'https://referer-canary.example/',
    'x-forwarded-for': '203.0.113.9',
  }
  await (await fetch(`${house.url}/v1/path-canary?query=query-canary`, { headers })).text()
  await (await chat(house.url, 'Hello?', { headers })).text()
  await (await ask(house.url, { ...QUESTION, user: 'user-canary' }, { headers })).text()
  const text = JSON.stringify(await lines(3))
  expect(text).not.toMatch(/canary|203\.0\.113\.9|127\.0\.0\.1/)
})
