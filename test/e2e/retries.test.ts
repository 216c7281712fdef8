/** A call that failed is made again, where that may help, and before its first byte alone. */
import { describe, expect, test } from 'vitest'
import { ask, askStream, QUESTION, refusal } from '../support/caller.ts'
import { useHouse } from '../support/house.ts'
import { cut, inOrder, reset, type Script } from '../support/script.ts'
import { begun, failing, json, page } from '../support/scripts.ts'
import { role } from '../support/sse.ts'

/** What a busy machine may add to a wait. */
const SLACK_MS = 2000

const house = useHouse()

/** Queues a script for the first attempt and each retry. */
const always = (script: Script) => house.upstream.next(script, script, script)

const failures: [string, Script][] = [
  ['500', failing(500)],
  ['502', failing(502)],
  ['503', failing(503)],
  ['504', failing(504)],
  ['429', failing(429)],
  ['a reset connection', reset],
  ['a closed connection', cut],
]

test.each(failures)('%s, then an answer: the caller sees only that', async (_, failure) => {
  const kinds = [true, false]
  const times = new Map(kinds.map((stream) => [stream, 0]))
  house.upstream.when(({ request }) => {
    const made = times.get(request.stream === true) ?? 0
    times.set(request.stream === true, made + 1)
    return made < 2 ? failure : undefined
  })
  const texts = await Promise.all(
    kinds.map(async (stream) => (await ask(house.url, { ...QUESTION, stream })).text()),
  )
  for (const text of texts) expect(text).toContain('world')
  // The whole body each time.
  for (const stream of kinds) {
    const bodies = house.upstream.calls.map(({ request }) => request).filter((it) => it.stream === stream)
    expect(bodies).toEqual(Array(3).fill({ ...QUESTION, stream }))
  }
})

test.each([
  [500, 502, 'upstream_error'],
  [502, 502, 'upstream_error'],
  [503, 503, 'upstream_overloaded'],
  [504, 502, 'upstream_error'],
])('three times %i: %i %s, in our words', async (upstream, status, code) => {
  always(page('<html>Traceback at 10.0.0.7, File "/srv/gateway.py"</html>', 'text/html', upstream))
  const response = await askStream(house.url)
  expect(response.status).toBe(status)
  expect(response.headers.get('x-should-retry')).toBe('true')
  const text = await response.text()
  expect(JSON.parse(text)).toMatchObject({ error: { type: 'server_error', param: null, code } })
  expect(text).not.toMatch(/Traceback|10\.0\.0\.7|gateway/)
  expect(house.upstream.calls).toHaveLength(3)
})

test('three resets: 502', async () => {
  always(reset)
  const response = await askStream(house.url)
  expect(response.status).toBe(502)
  expect(await refusal(response)).toMatchObject({ code: 'upstream_unreachable', type: 'server_error' })
  expect(house.upstream.calls).toHaveLength(3)
})

test('a port that refuses: 502', async () => {
  await house.upstream.refuse()
  try {
    for (const call of [askStream(house.url), ask(house.url)]) {
      const response = await call
      expect(response.status).toBe(502)
      expect(await refusal(response)).toMatchObject({ code: 'upstream_unreachable' })
    }
  } finally {
    await house.upstream.accept()
  }
})

test('three times 429: passed on, with its words', async () => {
  always(
    failing(
      429,
      { message: 'Slow down.', code: 'rate_limit_exceeded' },
      { 'x-ratelimit-limit-requests': '3' },
    ),
  )
  const response = await askStream(house.url)
  expect(response.status).toBe(429)
  expect(response.headers.get('x-ratelimit-limit-requests')).toBe('3')
  expect(await refusal(response)).toMatchObject({ message: 'Slow down.', code: 'rate_limit_exceeded' })
  expect(house.upstream.calls).toHaveLength(3)
})

test.each<[Record<string, string>, number]>([
  [{ 'retry-after': '1' }, 1000],
  [{ 'retry-after-ms': '700' }, 700],
])('429 with %o: waits as long', async (headers, ms) => {
  house.upstream.next(failing(429, {}, headers))
  expect((await askStream(house.url)).status).toBe(200)
  const [first, second] = house.upstream.calls
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(ms - 20)
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeLessThan(ms + SLACK_MS)
})

test.each<[number, Record<string, string>]>([
  [429, { 'retry-after': '20' }],
  [429, { 'retry-after-ms': '20000' }],
  [503, { 'retry-after': '20' }],
])('%i with %o: passed on at once, for the caller to plan with', async (status, headers) => {
  always(failing(status, {}, headers))
  const asked = performance.now()
  const response = await askStream(house.url)
  expect(response.status).toBe(status)
  expect(Object.fromEntries(response.headers)).toMatchObject(headers)
  expect(performance.now() - asked).toBeLessThan(1000)
  expect(house.upstream.calls).toHaveLength(1)
})

describe('an error that comes with status 200', () => {
  const busy = { object: 'error', message: 'Slow down.', type: 'TooManyRequests', code: 429 }

  test.each([true, false])(
    'is tried again where its own status deserves it, streamed: %s',
    async (stream) => {
      house.upstream.next(json(busy), json({ error: { message: 'Busy.', code: 503 } }))
      const response = await ask(house.url, { ...QUESTION, stream })
      expect(await response.text()).toContain('world')
      expect(house.upstream.calls).toHaveLength(3)
    },
  )

  test('is passed on with that status and its words, three times 429', async () => {
    always(json(busy))
    const response = await askStream(house.url)
    expect(response.status).toBe(429)
    expect(await refusal(response)).toMatchObject({ message: 'Slow down.', type: 'TooManyRequests' })
    expect(house.upstream.calls).toHaveLength(3)
  })

  test.each([
    [{ error: { message: 'Filtered.', code: 'content_filter' } }, 400, 'Filtered.'],
    [{ error: { message: 'Too long.', code: 413 } }, 413, 'Too long.'],
    [
      { detail: [{ loc: ['body', 'top_p'], msg: 'Too large.', type: 'less_than' }], code: 422 },
      422,
      'top_p: Too large.',
    ],
  ])('is final where it is about the request: %j', async (body, status, message) => {
    for (const stream of [true, false]) {
      await house.upstream.clear()
      always(json(body))
      const response = await ask(house.url, { ...QUESTION, stream })
      expect(response.status).toBe(status)
      expect(response.headers.get('x-should-retry')).not.toBe('true')
      expect(await refusal(response)).toMatchObject({ message })
      expect(house.upstream.calls).toHaveLength(1)
    }
  })
})

test.each([{ 'retry-after': '1, 1' }, { 'retry-after-ms': '300, 300' }])(
  'a list of one wait, %o, is that wait',
  async (headers) => {
    house.upstream.next(failing(429, {}, headers))
    expect((await askStream(house.url)).status).toBe(200)
    const [first, second] = house.upstream.calls
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(280)
  },
)

test('never once a byte has come', async () => {
  always(inOrder(begun([role()]), cut))
  await (await askStream(house.url)).text()
  expect(house.upstream.calls).toHaveLength(1)
})

test.each([400, 401, 403, 404, 409, 413, 422])('never a %i', async (status) => {
  always(failing(status))
  await (await askStream(house.url)).text()
  expect(house.upstream.calls).toHaveLength(1)
})
