/** Visitors of pages: how they come by a token, what they may ask with it, and who may not be one. */
import { describe, expect, test } from 'vitest'
import type { Session } from '../../worker/protocol/wire.ts'
import { createSessions } from '../../worker/visitors/session.ts'
import { QUESTION, receive, refusal } from '../support/caller.ts'
import {
  newAddress,
  openSession,
  openStream,
  PAGE,
  ROUTES,
  type Sent,
  VISITORS,
  visit,
} from '../support/gate.ts'
import { useHouse } from '../support/house.ts'
import { startMillrace } from '../support/millrace.ts'
import { answer, failing } from '../support/scripts.ts'
import { delta, numbered } from '../support/sse.ts'

const SYSTEM_PROMPT = 'You sell shoes.'
const house = useHouse({
  ...VISITORS,
  MODELS: 'gpt-test, gpt-other',
  SYSTEM_PROMPT,
  MAX_INPUT_TOKENS: '100',
  MAX_OUTPUT_TOKENS: '50',
})

/** Tokens as this Worker makes them, at any time. */
const sessions = createSessions(VISITORS.SESSION_SECRET)
const HOUR = 3_600_000

const bearer = ({ token }: Session) => ({ authorization: `Bearer ${token}` })
/** What a page's script may read of an answer. */
const readableBy = (response: Response) => response.headers.get('access-control-allow-origin')

describe('POST /v1/sessions', () => {
  test('gives a new visitor a token, and the same visitor a later one', async () => {
    const from = { 'cf-connecting-ip': newAddress() }
    const asked = Date.now()
    const first = await openSession(house.url, from)
    expect([first.status, readableBy(first), first.headers.get('cache-control')]).toEqual([
      201,
      PAGE,
      'no-store',
    ])
    const session = (await first.json()) as Session
    expect(session).toEqual({ token: expect.any(String), expires_at: expect.any(Number), expires_in: 3600 })
    const opened = (session.expires_at - session.expires_in) * 1000
    expect(opened).toBeGreaterThan(asked - 1000)
    expect(opened).toBeLessThan(Date.now() + 1000)
    const second = await openSession(house.url, { ...from, ...bearer(session) })
    expect(second.status).toBe(200)
    const [one, other] = await Promise.all(
      [session, (await second.json()) as Session].map(({ token }) => sessions.read(token, PAGE, Date.now())),
    )
    expect(other).toMatchObject({ id: (one as { id: string }).id })
  })

  test.each<[string, Sent, number, string]>([
    ['a foreign origin', { origin: 'https://evil.example' }, 403, 'origin_not_allowed'],
    ['a forged token', { authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' }, 401, 'invalid_session'],
  ])('%s: refused', async (_, headers, status, code) => {
    const response = await openSession(house.url, { 'cf-connecting-ip': newAddress(), ...headers })
    expect(response.status).toBe(status)
    expect(await refusal(response)).toMatchObject({ code })
    expect(response.headers.get('vary')).toBe('Origin')
  })

  test('100 from one address: ten, and then it is to wait; another address is not', async () => {
    const from = { 'cf-connecting-ip': '203.0.113.7' }
    const answers = await Promise.all(Array.from({ length: 100 }, () => openSession(house.url, from)))
    const refused = answers.filter(({ status }) => status === 429)
    expect([answers.filter(({ status }) => status === 201).length, refused.length]).toEqual([10, 90])
    for (const response of refused) {
      const seconds = Number(response.headers.get('retry-after'))
      expect(seconds).toBeGreaterThan(0)
      expect(seconds).toBeLessThanOrEqual(60)
      expect(response.headers.get('x-should-retry')).toBe('false')
      expect(readableBy(response)).toBe(PAGE)
    }
    expect(await refusal(refused[0] as Response)).toMatchObject({
      code: 'too_many_sessions',
      type: 'rate_limit_error',
    })
    expect((await openSession(house.url, { 'cf-connecting-ip': '203.0.113.8' })).status).toBe(201)
    await Promise.all(answers.map((response) => response.bodyUsed || response.text()))
  })

  test('one network of IPv6 is one address', async () => {
    const from = (host: number) =>
      openSession(house.url, { 'cf-connecting-ip': `2001:db8:7:7::${host.toString(16)}` })
    const answers = await Promise.all(Array.from({ length: 15 }, (_, host) => from(host + 1)))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(10)
    expect((await openSession(house.url, { 'cf-connecting-ip': '2001:db8:7:8::1' })).status).toBe(201)
  })
})

describe.each(ROUTES)('a visitor, %s', (route, ask) => {
  const code = async (response: Response) =>
    route === '/chat' ? (await response.text()).split(':')[0] : (await refusal(response)).code

  test('is answered, under the site’s own words, and as briefly as it may be', async () => {
    const headers = await visit(house.url)
    const response = await ask(house.url, { max_tokens: 1000 }, { headers })
    expect(response.ok).toBe(true)
    expect(readableBy(response)).toBe(PAGE)
    expect(response.headers.get('access-control-expose-headers')).toContain('x-ratelimit-remaining-tokens')
    expect((await receive(response)).text).toContain('Hello')
    expect(house.upstream.calls[0]?.request).toMatchObject({
      model: 'gpt-test',
      messages: [{ role: 'system', content: SYSTEM_PROMPT }, ...QUESTION.messages],
      max_tokens: 50,
    })
    expect(JSON.stringify(house.upstream.calls[0]?.headers)).not.toContain(
      headers.authorization?.slice(7, 40),
    )
  })

  test.each<[string, object, number, string]>([
    [
      'a system message',
      { messages: [{ role: 'system', content: 'x' }, ...QUESTION.messages] },
      403,
      'role_not_allowed',
    ],
    ['many answers', { n: 2 }, 403, 'field_not_allowed'],
    ['a long prompt', { messages: [{ role: 'user', content: 'word '.repeat(200) }] }, 413, 'prompt_too_long'],
  ])('%s: refused, and the upstream hears nothing of it', async (_, fields, status, expected) => {
    const response = await ask(house.url, fields, { headers: await visit(house.url) })
    expect([response.status, readableBy(response), await code(response)]).toEqual([status, PAGE, expected])
    expect(house.upstream.calls).toHaveLength(0)
  })

  test.each<[string, (visitor: Sent) => Sent | Promise<Sent>, number, string]>([
    ['from a foreign page', (it) => ({ ...it, origin: 'https://evil.example' }), 403, 'origin_not_allowed'],
    ['from no page', ({ authorization }) => ({ authorization: authorization ?? '' }), 401, 'invalid_session'],
    [
      'an hour later',
      async () => ({ origin: PAGE, ...bearer(await sessions.open(PAGE, Date.now() - HOUR - 1000)) }),
      401,
      'session_expired',
    ],
    [
      'with another page’s token',
      async () => ({ origin: PAGE, ...bearer(await sessions.open('https://other.example', Date.now())) }),
      401,
      'invalid_session',
    ],
  ])('%s: refused', async (_, headersOf, status, expected) => {
    const response = await ask(house.url, {}, { headers: await headersOf(await visit(house.url)) })
    expect([response.status, await code(response)]).toEqual([status, expected])
    expect(house.upstream.calls).toHaveLength(0)
  })
})

test('what goes wrong at the upstream is readable to the page, too', async () => {
  house.upstream.next(failing(400))
  const response = await openStream(house.url, {}, { headers: await visit(house.url) })
  expect([response.status, readableBy(response)]).toEqual([400, PAGE])
})

describe('a durable stream', () => {
  test('is its own visitor’s, and nobody else’s', async () => {
    const [one, other] = [await visit(house.url), await visit(house.url)]
    house.upstream.next(answer(numbered(5)))
    const response = await openStream(house.url, {}, { headers: one })
    const whole = (await receive(response)).text
    const url = `${house.url}${response.headers.get('location')}`
    const again = await fetch(url, { headers: one })
    expect([again.status, readableBy(again)]).toEqual([200, PAGE])
    expect(again.headers.get('access-control-expose-headers')).toContain('stream-id')
    expect(await again.text()).toBe(whole)
    for (const headers of [other, { ...other, origin: PAGE }]) {
      const refused = await fetch(url, { headers })
      expect([refused.status, (await refusal(refused)).code]).toEqual([404, 'stream_not_found'])
      expect((await fetch(url, { method: 'DELETE', headers })).status).toBe(404)
    }
    expect((await fetch(url)).status).toBe(401)
  })

  test('is still its visitor’s under a later token', async () => {
    const headers = await visit(house.url)
    const response = await openStream(house.url, {}, { headers })
    await receive(response)
    const renewed = (await (await openSession(house.url, headers)).json()) as Session
    const again = await fetch(`${house.url}${response.headers.get('location')}`, {
      headers: { ...headers, ...bearer(renewed) },
    })
    expect(again.status).toBe(200)
    expect(await again.text()).toContain(delta('Hello').trim())
  })
})

describe('preflight', () => {
  const preflight = (origin: string) =>
    fetch(`${house.url}/v1/streams`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,last-event-id',
      },
    })

  test('an allowed page may ask, with all that it sends', async () => {
    const { status, headers } = await preflight(PAGE)
    expect([status, headers.get('access-control-allow-origin')]).toEqual([204, PAGE])
    expect(headers.get('access-control-allow-headers')).toBe('authorization,content-type,last-event-id')
    expect(headers.get('access-control-allow-methods')).toContain('OPTIONS')
    expect(headers.get('access-control-allow-credentials')).toBeNull()
    expect(headers.get('vary')?.split(', ').toSorted()).toEqual(['Access-Control-Request-Headers', 'Origin'])
  })

  test('a foreign page may ask too, and reads that it is refused, whatever it sends', async () => {
    for (const origin of ['https://evil.example', 'null']) {
      const response = await preflight(origin)
      expect([response.status, readableBy(response)]).toEqual([204, '*'])
      for (const headers of [{ origin }, { ...(await visit(house.url)), origin }]) {
        const refused = await openStream(house.url, {}, { headers })
        expect([refused.status, readableBy(refused)]).toEqual([403, '*'])
        expect(await refusal(refused)).toMatchObject({ code: 'origin_not_allowed' })
      }
    }
    expect(house.upstream.calls).toHaveLength(0)
  })
})

test('who asks too fast is told so, and when to come again', async ({ onTestFinished }) => {
  const { url, stop } = await startMillrace(VISITORS, 'limited')
  onTestFinished(stop)
  const headers = await visit(url)
  const answers = await Promise.all(Array.from({ length: 50 }, () => fetch(`${url}/v1/usage`, { headers })))
  const refused = answers.filter(({ status }) => status === 429)
  // Twenty in ten seconds; wherever those begin, fifty don't fit.
  expect(refused.length).toBeGreaterThanOrEqual(10)
  expect(refused[0]?.headers.get('retry-after')).toBe('10')
  expect(await refusal(refused[0] as Response)).toMatchObject({ code: 'too_fast' })
  // Others at other addresses are not held up.
  expect((await fetch(`${url}/v1/usage`, { headers: await visit(url) })).status).toBe(200)
})
