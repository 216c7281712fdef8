import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { JUDGED_OVERLAP_CHARS, MAX_JUDGED_CHARS, MODERATION_RETRY_BUDGET } from '../../worker/limits.ts'
import type { Verdict } from '../../worker/moderation/judge.ts'
import { moderations } from '../../worker/upstreams/moderations.ts'
import { garbage, type ModerationServer, startModeration } from '../support/moderation-server.ts'
import { cut, hang, head, inOrder, reset, type Script } from '../support/script.ts'
import { failing, page } from '../support/scripts.ts'

let server: ModerationServer
beforeAll(async () => {
  server = await startModeration()
})
afterEach(() => server.clear())
afterAll(() => server.stop())

/** A tenth of the usual times, and less. */
const SHORT = {
  ...MODERATION_RETRY_BUDGET,
  attempt: 200,
  verdict: 1_000,
  backoff: 20,
  longestBackoff: 100,
  probe: 20,
}
const BEARER = ['authorization', 'Bearer '] as const
const judgeOf = (apiKey: string | undefined = 'sk-judge', budget = SHORT) =>
  moderations({ url: server.url, apiKey, keyHeader: BEARER, model: 'omni-moderation-latest' }, budget)

const ask = (
  texts: string[],
  { mayRetry = true, signal = new AbortController().signal } = {},
  judge = judgeOf(),
) => judge(texts, { mayRetry, signal })

const PASSED: Verdict = { kind: 'passed' }

test('one text is sent as it is, with the model and the key', async () => {
  expect(await ask(['fine'])).toEqual(PASSED)
  const [call] = server.upstream.calls
  expect(call).toMatchObject({ method: 'POST', path: '/v1/moderations' })
  expect(call?.request).toEqual({ model: 'omni-moderation-latest', input: 'fine' })
  expect(call?.headers.authorization).toBe('Bearer sk-judge')
})

test('several texts are sent as a list in one call; one flagged text flags all', async () => {
  server.flag((text) => text === 'bad')
  expect(await ask(['fine', 'bad'])).toEqual({ kind: 'flagged', categories: ['violence'] })
  expect(server.inputs).toEqual([['fine', 'bad']])
})

test('without a key no authorization is sent', async () => {
  await moderations({ url: server.url, apiKey: undefined, keyHeader: BEARER, model: 'm' }, SHORT)(['a'], {
    mayRetry: true,
    signal: new AbortController().signal,
  })
  expect(server.upstream.calls[0]?.headers).not.toHaveProperty('authorization')
})

test('a long text is cut into inputs that overlap, so that a phrase across a cut is seen; no character is cut in two', async () => {
  const phrase = 'xyzzy'
  const at = MAX_JUDGED_CHARS - 2
  const text = '🎉'.repeat(at / 2) + phrase + 'b'.repeat(20 * MAX_JUDGED_CHARS)
  server.flag((input) => input.includes(phrase))
  expect(await ask([text])).toMatchObject({ kind: 'flagged' })
  const [first, second] = server.inputs[0] ?? []
  expect(first).toHaveLength(MAX_JUDGED_CHARS)
  expect(first?.slice(-JUDGED_OVERLAP_CHARS)).toBe(second?.slice(0, JUDGED_OVERLAP_CHARS))
  expect(server.inputs.flat().every((input) => input.isWellFormed())).toBe(true)
})

test('all of a long text is judged, in as many calls as it takes', async () => {
  const text = Array.from({ length: 20 * MAX_JUDGED_CHARS }, (_, i) =>
    String.fromCharCode(97 + (i % 26)),
  ).join('')
  expect(await ask([text])).toEqual(PASSED)
  expect(server.inputs.length).toBeGreaterThan(1)
  const whole = server.inputs
    .flat()
    .reduce((sum, input) => sum + input.slice(sum === '' ? 0 : JUDGED_OVERLAP_CHARS), '')
  expect(whole).toBe(text)
})

describe('a failed call is tried again', () => {
  test.each<[string, Script]>([
    ['after a 429', failing(429)],
    ['after a 500', failing(500)],
    ['after a 503', failing(503)],
    ['after a reset', reset],
    ['after an answer cut off', inOrder(head(200, { 'content-length': '100' }), cut)],
    ['after silence', hang],
    ['after a page', page('<html>', 'text/html')],
    ...Object.entries(garbage).map(([name, script]) => [`after ${name}`, script] satisfies [string, Script]),
  ])('after %s', async (_, script) => {
    server.next(script)
    expect(await ask(['fine'])).toEqual(PASSED)
    expect(server.upstream.calls).toHaveLength(2)
  })
})

test('a verdict that flags counts, whatever other fields it has', async () => {
  server.next(({ response }) => {
    response.end(JSON.stringify({ results: [{ flagged: true }, { flagged: 'no' }] }))
  })
  expect(await ask(['a', 'b'])).toEqual({ kind: 'flagged', categories: [] })
})

test('fewer verdicts than texts are no verdict', async () => {
  server.next(({ response }) => {
    response.end(JSON.stringify({ results: [{ flagged: false }] }))
  })
  expect(await ask(['a', 'b'], { mayRetry: false })).toEqual({ kind: 'unavailable', why: 'no verdict' })
})

describe('a call is given up', () => {
  test.each<[string, Script]>([
    ['its key refused', failing(401)],
    ['no such model', failing(404)],
    ['a quota spent', failing(429, { code: 'insufficient_quota' })],
    ['told not to', failing(429, {}, { 'x-should-retry': 'false' })],
    [
      'a redirect',
      ({ response }: Parameters<typeof hang>[0]) => void response.writeHead(302, { location: '/' }).end(),
    ],
  ])('at once: %s', async (_, script) => {
    server.next(script)
    expect(await ask(['fine'])).toMatchObject({ kind: 'unavailable' })
    expect(server.upstream.calls).toHaveLength(1)
  })

  test('when its time is over, after ever longer waits', async () => {
    server.next(...Array.from({ length: 100 }, () => failing(500)))
    expect(await ask(['fine'])).toEqual({ kind: 'unavailable', why: 'status 500' })
    // 20, 40, 80, and then 100 ms each, less a quarter at the most; fewer on a busy machine.
    expect(server.upstream.calls.length).toBeGreaterThan(1)
    expect(server.upstream.calls.length).toBeLessThan(18)
  })

  test('at once, if the API asks for more time than is left', async () => {
    server.next(failing(429, {}, { 'retry-after': '30' }))
    const judge = judgeOf('sk-judge', { ...SHORT, verdict: 25_000 })
    expect(await ask(['fine'], {}, judge)).toEqual({ kind: 'unavailable', why: 'status 429' })
    expect(server.upstream.calls).toHaveLength(1)
  })

  test('at the first failure, by a caller that may not try again', async () => {
    server.next(failing(500))
    expect(await ask(['fine'], { mayRetry: false })).toEqual({ kind: 'unavailable', why: 'status 500' })
    expect(server.upstream.calls).toHaveLength(1)
  })

  test('when its signal aborts, and its request ends', async () => {
    server.next(hang)
    const leaving = new AbortController()
    const verdict = ask(['fine'], { signal: leaving.signal })
    const call = await server.upstream.call(1)
    leaving.abort()
    expect(await verdict).toMatchObject({ kind: 'unavailable' })
    await call.over
    expect(server.upstream.calls).toHaveLength(1)
  })
})

describe('the moderation API is not hammered', () => {
  test('Retry-After is kept', async () => {
    server.next(failing(429, {}, { 'retry-after-ms': '300' }))
    expect(await ask(['fine'])).toEqual(PASSED)
    const [first, second] = server.upstream.calls
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(299)
  })

  test('all calls share one backoff: fifty at once do not ask fifty times again', async () => {
    // On a busy machine some of fifty calls take longer than the short deadline, and would be made again for that.
    const judge = judgeOf('sk-judge', { ...SHORT, attempt: 20_000, verdict: 30_000 })
    server.next(...Array.from({ length: 50 }, () => failing(429, {}, { 'retry-after-ms': '200' })))
    const first = await Promise.all(
      Array.from({ length: 50 }, () => ask(['fine'], { mayRetry: false }, judge)),
    )
    expect(first.every(({ kind }) => kind === 'unavailable')).toBe(true)
    const refused = performance.now()
    const calls = server.upstream.calls.length
    // Meanwhile a call that may not try again is told at once, and the others wait.
    expect(await ask(['fine'], { mayRetry: false }, judge)).toMatchObject({ kind: 'unavailable' })
    const again = await Promise.all(Array.from({ length: 50 }, () => ask(['fine'], {}, judge)))
    expect(again.every(({ kind }) => kind === 'passed')).toBe(true)
    const later = server.upstream.calls.slice(calls).map(({ at }) => at - refused)
    expect(later[0]).toBeGreaterThan(150)
    // Each once. That one goes ahead of the others is shared-backoff's to show, by a clock.
    expect(later).toHaveLength(50)
  })

  test('while it goes on refusing, all callers together ask no more often than one', async () => {
    const judge = judgeOf()
    server.next(...Array.from({ length: 1000 }, () => failing(429)))
    await Promise.all(Array.from({ length: 30 }, () => ask(['fine'], {}, judge)))
    // The 30 that were under way together, and then one by one: at most one each `probe`.
    expect(server.upstream.calls.length).toBeLessThan(30 + 1.5 * (SHORT.verdict / SHORT.probe))
    expect(server.upstream.calls.length).toBeGreaterThan(30)
  })
})
