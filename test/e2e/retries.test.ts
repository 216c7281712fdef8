/** A call that failed is made again, where that may help, and before its first byte alone. */
import { describe, expect, test } from 'vitest'
import { ask, askStream, QUESTION, refusal } from '../support/caller.ts'
import { useHouse } from '../support/house.ts'
import { cut, inOrder, reset, type Script } from '../support/script.ts'
import { begun, failing, json, page } from '../support/scripts.ts'
import { role } from '../support/sse.ts'

const house = useHouse()

/** Queues a script for the first attempt and each retry. */
const always = (script: Script) => house.upstream.next(script, script, script)

const failures: [string, Script][] = [
  ['503', failing(503)],
  ['a reset connection', reset],
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

test('three times 500: 502, in our words', async () => {
  always(page('<html>Traceback at 10.0.0.7, File "/srv/gateway.py"</html>', 'text/html', 500))
  const response = await askStream(house.url)
  expect(response.status).toBe(502)
  expect(response.headers.get('x-should-retry')).toBe('true')
  const text = await response.text()
  expect(JSON.parse(text)).toMatchObject({
    error: { type: 'server_error', param: null, code: 'upstream_error' },
  })
  expect(text).not.toMatch(/Traceback|10\.0\.0\.7|gateway/)
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

test('429 with `retry-after-ms`: waits as long', async () => {
  house.upstream.next(failing(429, {}, { 'retry-after-ms': '700' }))
  expect((await askStream(house.url)).status).toBe(200)
  const [first, second] = house.upstream.calls
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(680)
})

describe('an error that comes with status 200', () => {
  const busy = { object: 'error', message: 'Slow down.', type: 'TooManyRequests', code: 429 }

  test('is passed on with that status and its words, three times 429', async () => {
    always(json(busy))
    const response = await askStream(house.url)
    expect(response.status).toBe(429)
    expect(await refusal(response)).toMatchObject({ message: 'Slow down.', type: 'TooManyRequests' })
    expect(house.upstream.calls).toHaveLength(3)
  })
})

test('never once a byte has come', async () => {
  always(inOrder(begun([role()]), cut))
  await (await askStream(house.url)).text()
  expect(house.upstream.calls).toHaveLength(1)
})
