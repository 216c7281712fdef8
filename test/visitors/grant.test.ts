import { describe, expect, test } from 'vitest'
import { ApiError } from '../../worker/errors.ts'
import { SESSION_MS, SESSION_RENEWABLE_MS } from '../../worker/limits.ts'
import type { SessionRequest } from '../../worker/protocol/wire.ts'
import { type Grants, grantSession, tooManySessions } from '../../worker/visitors/grant.ts'
import { createSessions } from '../../worker/visitors/session.ts'

const PAGE = 'https://shop.example'
const NOW = Date.UTC(2026, 10, 22, 12)
const sessions = createSessions('a secret of more than thirty-two characters')

/** Everything open; what was asked of whom. */
function gate(changed: Partial<Grants> = {}) {
  const log: unknown[] = []
  const grants: Grants = {
    sessions,
    turnstile: undefined,
    count: async (address) => {
      log.push(['count', address])
      return undefined
    },
    ...changed,
  }
  const turnstile: Grants['turnstile'] = async (...call) => {
    log.push(['turnstile', ...call])
    return call[0] === 'solved' ? undefined : new ApiError('turnstile_failed')
  }
  return { grants, log, proved: { ...grants, turnstile } }
}

const post = (body?: BodyInit, headers: Record<string, string> = {}) =>
  new Request('https://millrace.example/v1/sessions', {
    method: 'POST',
    headers: { 'cf-connecting-ip': '203.0.113.7', ...headers },
    ...(body !== undefined && { body }),
  })
const solved = () =>
  post(JSON.stringify({ turnstile_token: 'solved' } satisfies SessionRequest), {
    'content-type': 'application/json',
  })
const grant = (request: Request, grants: Grants, page: string | undefined = PAGE, now = NOW) =>
  grantSession(request, page, grants, now)

test('a page gets a token for its visitor, and the address is counted once', async () => {
  const { grants, log } = gate()
  const granted = await grant(post(), grants)
  if (granted instanceof ApiError) throw granted
  expect(granted).toMatchObject({ created: true, session: { expires_in: SESSION_MS / 1000 } })
  expect(await sessions.read(granted.session.token, PAGE, NOW)).toMatchObject({ origin: PAGE })
  expect(log).toEqual([['count', '203.0.113.7']])
})

test('without a secret there are no sessions', async () => {
  expect(await grant(post(), gate({ sessions: undefined }).grants)).toMatchObject({
    code: 'sessions_unavailable',
    status: 403,
  })
})

test('a caller that is no page gets no session', async () => {
  const { grants, log } = gate()
  expect(await grantSession(post(), undefined, grants, NOW)).toMatchObject({ code: 'origin_not_allowed' })
  expect(log).toEqual([])
})

test('an address at its limit gets no session, and is told when to come back', async () => {
  const excess = { limit: { name: 'minute', most: 10 }, freeAt: NOW + 20_500 }
  const full = gate({ count: async () => tooManySessions(excess, NOW) })
  expect(await grant(post(), full.grants)).toMatchObject({
    code: 'too_many_sessions',
    status: 429,
    message: '10 sessions a minute are the most for one address: the next can be had in 21 s.',
    headers: { 'retry-after': '21', 'retry-after-ms': '20500' },
  })
})

describe('a visitor with a token', () => {
  const held = async (token: string) => post(undefined, { authorization: `Bearer ${token}` })

  test('keeps its id, and is not counted or challenged again', async () => {
    const { token } = await sessions.open(PAGE, NOW)
    const { proved, log } = gate()
    const later = NOW + SESSION_MS / 2
    const granted = await grant(await held(token), proved, PAGE, later)
    if (granted instanceof ApiError) throw granted
    expect(granted.created).toBe(false)
    expect(await sessions.read(granted.session.token, PAGE, later)).toEqual(
      await sessions.read(token, PAGE, later),
    )
    expect(log).toEqual([])
  })

  test.each([
    ['forged', async () => `${(await sessions.open(PAGE, NOW)).token}x`, 'invalid_session'],
    [
      "another page's",
      async () => (await sessions.open('https://other.example', NOW)).token,
      'invalid_session',
    ],
    ['over', async () => (await sessions.open(PAGE, NOW - SESSION_MS)).token, 'session_expired'],
    ['no token at all', async () => 'mr_key', 'invalid_session'],
  ])('that is %s is refused, not given a new one', async (_, make, code) => {
    const { grants, log } = gate()
    expect(await grant(await held(await make()), grants)).toMatchObject({ code, status: 401 })
    expect(log).toEqual([])
  })

  test('has to start anew a day after the first token', async () => {
    const since = (NOW - SESSION_RENEWABLE_MS) / 1000
    const lasting = { ...sessions, read: async () => ({ id: 'x', origin: PAGE, since }) }
    const { grants } = gate({ sessions: lasting })
    expect(await grant(await held('any'), grants)).toMatchObject({ code: 'session_expired' })
  })
})

describe('with Turnstile', () => {
  test('the challenge comes before the count', async () => {
    const { proved, log } = gate()
    expect(await grant(solved(), proved)).toMatchObject({ created: true })
    expect(log).toEqual([
      ['turnstile', 'solved', PAGE, '203.0.113.7'],
      ['count', '203.0.113.7'],
    ])
  })

  test.each<[string, BodyInit | undefined, string, number]>([
    ['no body', undefined, 'turnstile_required', 403],
    ['no token', '{}', 'turnstile_required', 403],
    ['a token that is empty', '{"turnstile_token":""}', 'turnstile_required', 403],
    ['a token that is null', '{"turnstile_token":null}', 'turnstile_required', 403],
    ['a body that is no object', '[]', 'turnstile_required', 403],
    ['a token that is no text', '{"turnstile_token":{"a":1}}', 'invalid_parameter', 400],
    ['no JSON', 'solved', 'invalid_json', 400],
    ['far too much', `{"turnstile_token":"${'x'.repeat(10_000)}"}`, 'body_too_large', 413],
    ['depth', '['.repeat(8000), 'invalid_json', 400],
    ['a wrong token', '{"turnstile_token":"guessed"}', 'turnstile_failed', 403],
  ])('%s is refused, and not counted', async (_, body, code, status) => {
    const { proved, log } = gate()
    expect(await grant(post(body), proved)).toMatchObject({ code, status })
    expect(log.filter((entry) => (entry as string[])[0] === 'count')).toEqual([])
  })
})
