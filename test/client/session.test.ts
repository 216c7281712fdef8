import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { fetchChat } from '../../client/stream/fetch-chat.ts'
import { openStream } from '../../client/stream/open-stream.ts'
import { createSession, type SessionOptions } from '../../client/stream/session.ts'
import { ApiError, type ErrorCode } from '../../worker/errors.ts'

const HOUR_MS = 3_600_000
const BASE = 'https://worker.example'

/** A place that outlives the page. */
function fakeStore() {
  let kept: string | null = null
  return {
    get: () => kept,
    set(text: string | null) {
      kept = text
    },
  }
}

interface Rules {
  /** `false`: anyone may call. */
  needed?: boolean
  /** Why there is no session. */
  refuses?: ErrorCode | undefined
  retryAfter?: string
  /** With which proof there is one; asked for, unless it is left out. */
  proof?: string | undefined
  siteKey?: string | undefined
  /** Seconds that a session lasts. */
  lasts?: number
  /** Whether it is reached at all. */
  reached?: boolean
  /** What a new session is answered with. */
  body?: unknown
}

/** The Worker as its visitors know it: each new one is `v1`, `v2`, … and the later tokens of `v1` are `v1.1`, `v1.2`, … */
function fakeWorker(rules: Rules = {}, clock = { ms: 1_790_000_000_000 }) {
  const asked: string[] = []
  const ends = new Map<string, number>()
  let visitors = 0

  const refuse = (code: ErrorCode) =>
    new ApiError(code, {
      ...(rules.retryAfter && { headers: { 'retry-after': rules.retryAfter } }),
    }).toResponse('json')

  function grant(old: string | undefined, body: string, offersChallenge: boolean): Response {
    if (rules.refuses) return refuse(rules.refuses)
    if (rules.needed === false) return new Response(null, { status: 204 })
    const renewed = old !== undefined
    if (renewed && !((ends.get(old) ?? 0) > clock.ms)) return refuse('session_expired')
    if (!renewed && rules.proof !== undefined) {
      const proof = body === '' ? undefined : JSON.parse(body).turnstile_token
      if (proof === undefined && offersChallenge && rules.siteKey !== undefined) {
        return Response.json({ turnstile_site_key: rules.siteKey })
      }
      if (proof !== rules.proof)
        return refuse(proof === undefined ? 'turnstile_required' : 'turnstile_failed')
    }
    const token = renewed ? `${old.split('.')[0]}.${Number(old.split('.')[1] ?? 0) + 1}` : `v${++visitors}`
    const expires_in = rules.lasts ?? 3600
    ends.set(token, clock.ms + expires_in * 1000)
    // A server whose clock is a year behind.
    const expires_at = clock.ms / 1000 - 31_536_000 + expires_in
    return Response.json(rules.body ?? { token, expires_at, expires_in }, { status: renewed ? 200 : 201 })
  }

  const fetch: typeof globalThis.fetch = async (input, { method = 'GET', headers, body, signal } = {}) => {
    const token = new Headers(headers).get('authorization')?.replace('Bearer ', '')
    asked.push(`${method} ${String(input).replace(BASE, '')}${token === undefined ? '' : ` ${token}`}`)
    // An answer takes a while.
    await setImmediate()
    signal?.throwIfAborted()
    if (rules.reached === false) throw new TypeError('fetch failed')
    if (String(input).startsWith(`${BASE}/v1/sessions`)) {
      return grant(token, String(body ?? ''), String(input).endsWith('?challenge'))
    }
    if (token !== undefined && !token.startsWith('mr_') && !((ends.get(token) ?? 0) > clock.ms)) {
      return refuse(ends.has(token) ? 'session_expired' : 'invalid_session')
    }
    return Response.json({ as: token ?? 'nobody' })
  }
  return {
    fetch,
    asked,
    clock,
    /** As when `SESSION_SECRET` is changed. */
    endAll: () => ends.clear(),
  }
}

type Worker = ReturnType<typeof fakeWorker>

const visit = (worker: Worker, options: SessionOptions = {}) =>
  createSession(BASE, { fetch: worker.fetch, now: () => worker.clock.ms, ...options })

const URL = `${BASE}/v1/streams`
const who = async (response: Promise<Response>) => (await (await response).json()).as

describe('a session', () => {
  test('is asked for with the first call, and sent along with each', async () => {
    const worker = fakeWorker()
    const session = visit(worker)
    expect([worker.asked, session.headers()]).toEqual([[], {}])
    expect(await who(session.fetch(URL, { method: 'POST', headers: { accept: 'text/plain' } }))).toBe('v1')
    expect(await who(session.fetch(URL))).toBe('v1')
    expect(worker.asked).toEqual(['POST /v1/sessions', 'POST /v1/streams v1', 'GET /v1/streams v1'])
    expect(session.headers()).toEqual({ authorization: 'Bearer v1' })
  })

  test('is asked for once, for all waiting calls', async () => {
    const worker = fakeWorker()
    const session = visit(worker)
    const all = await Promise.all([
      session.ready(),
      ...Array.from({ length: 20 }, () => who(session.fetch(URL))),
    ])
    expect(new Set(all.slice(1))).toEqual(new Set(['v1']))
    expect(worker.asked.filter((call) => call.includes('sessions'))).toEqual(['POST /v1/sessions'])
  })

  test('outlives the page', async () => {
    const worker = fakeWorker()
    const store = fakeStore()
    await visit(worker, { store }).ready()
    expect(await who(visit(worker, { store }).fetch(URL))).toBe('v1')
    expect(worker.asked).toEqual(['POST /v1/sessions', 'GET /v1/streams v1'])
  })

  test.each(['', '{', '[]', 'null', '7', '{"token":7}', '{"token":"x"}'])(
    'is not what another page left (%j)',
    async (text) => {
      const worker = fakeWorker()
      const store = fakeStore()
      store.set(text)
      expect(await who(visit(worker, { store }).fetch(URL))).toBe('v1')
    },
  )

  test('stays out of the way of a header that is given', async () => {
    const worker = fakeWorker()
    expect(await who(visit(worker).fetch(URL, { headers: { authorization: 'Bearer mr_own' } }))).toBe(
      'mr_own',
    )
  })
})

describe('a session over time', () => {
  test('is renewed when half of it is over, and no call waits for that', async () => {
    const worker = fakeWorker()
    const session = visit(worker)
    await session.ready()
    worker.clock.ms += HOUR_MS / 2 - 1
    expect(await who(session.fetch(URL))).toBe('v1')
    worker.clock.ms += 1
    expect(await Promise.all([who(session.fetch(URL)), who(session.fetch(URL))])).toEqual(['v1', 'v1'])
    expect(await who(session.fetch(URL))).toBe('v1.1')
    expect(worker.asked.filter((call) => call.includes('sessions'))).toEqual([
      'POST /v1/sessions',
      'POST /v1/sessions v1',
    ])
  })

  test('goes on when a renewal fails, until a later call', async () => {
    const rules: Rules = {}
    const worker = fakeWorker(rules)
    const session = visit(worker)
    await session.ready()
    worker.clock.ms += 0.9 * HOUR_MS
    rules.refuses = 'too_many_sessions'
    expect(await who(session.fetch(URL))).toBe('v1')
    await setImmediate()
    rules.refuses = undefined
    expect(await who(session.fetch(URL))).toBe('v1')
    await setImmediate()
    await setImmediate()
    expect(await who(session.fetch(URL))).toBe('v1.1')
  })

  test('is over for a new visitor, who sends no old token', async () => {
    const worker = fakeWorker()
    const session = visit(worker)
    await session.ready()
    worker.clock.ms += HOUR_MS
    expect(session.headers()).toEqual({})
    expect(await who(session.fetch(URL))).toBe('v2')
    expect(worker.asked).toEqual(['POST /v1/sessions', 'POST /v1/sessions', 'GET /v1/streams v2'])
  })

  test('is replaced on a wrong clock, once the server refuses its token', async () => {
    const worker = fakeWorker()
    // The visitor's clock stands still.
    const session = visit(worker, { now: () => 0 })
    await session.ready()
    worker.clock.ms += HOUR_MS
    expect(await Promise.all([who(session.fetch(URL)), who(session.fetch(URL))])).toEqual(['v2', 'v2'])
    expect(worker.asked.filter((call) => call.includes('sessions'))).toHaveLength(2)
  })
})

describe('two tabs', () => {
  test('are one visitor, also after their session is over', async () => {
    const worker = fakeWorker()
    const store = fakeStore()
    const [one, other] = [visit(worker, { store }), visit(worker, { store })]
    await one.ready()
    expect(await who(other.fetch(URL))).toBe('v1')
    worker.clock.ms += HOUR_MS
    expect(await who(one.fetch(URL))).toBe('v2')
    expect([other.headers(), await who(other.fetch(URL))]).toEqual([{ authorization: 'Bearer v2' }, 'v2'])
    expect(worker.asked.filter((call) => call.includes('sessions'))).toHaveLength(2)
  })

  test('keep each other’s newer session when one is refused', async () => {
    const worker = fakeWorker()
    const store = fakeStore()
    const [one, other] = [visit(worker, { store }), visit(worker, { store })]
    await one.ready()
    expect(await who(other.fetch(URL))).toBe('v1')
    worker.endAll()
    expect([await who(one.fetch(URL)), await who(other.fetch(URL))]).toEqual(['v2', 'v2'])
    expect(await who(visit(worker, { store }).fetch(URL))).toBe('v2')
  })
})

describe('a call that is refused', () => {
  test('for its token is sent again with a new one, once', async () => {
    const worker = fakeWorker()
    const session = visit(worker)
    await session.ready()
    worker.endAll()
    expect(await who(session.fetch(URL, { method: 'POST', body: 'text' }))).toBe('v2')
    expect(worker.asked.slice(1)).toEqual(['POST /v1/streams v1', 'POST /v1/sessions', 'POST /v1/streams v2'])
    worker.clock.ms += 0.4 * HOUR_MS
    const refused = visit(fakeWorker({ lasts: 0 }, worker.clock)).fetch(URL)
    expect((await refused).status).toBe(401)
  })

  test('together with others makes one new visitor', async () => {
    const worker = fakeWorker()
    const session = visit(worker)
    await session.ready()
    worker.endAll()
    const all = await Promise.all(Array.from({ length: 10 }, () => who(session.fetch(URL))))
    expect(new Set(all)).toEqual(new Set(['v2']))
    expect(worker.asked.filter((call) => call.includes('sessions'))).toHaveLength(2)
  })

  test('for an expired token at a renewal asks for a new session', async () => {
    const worker = fakeWorker()
    const session = visit(worker)
    await session.ready()
    worker.clock.ms += 0.6 * HOUR_MS
    worker.endAll()
    expect(await who(session.fetch(URL))).toBe('v2')
    expect(worker.asked.filter((call) => call.includes('sessions'))).toEqual([
      'POST /v1/sessions',
      'POST /v1/sessions v1',
      'POST /v1/sessions',
    ])
  })

  test('at a server that needs no session any more goes on without one', async () => {
    const rules: Rules = {}
    const worker = fakeWorker(rules)
    const session = visit(worker)
    await session.ready()
    worker.endAll()
    rules.needed = false
    expect(await who(session.fetch(URL))).toBe('nobody')
  })
})

test('where visitors are not let in, no call is made, and the reason is told', async () => {
  const worker = fakeWorker({ refuses: 'sessions_unavailable' })
  const session = visit(worker)
  await expect(session.fetch(URL)).rejects.toMatchObject({ code: 'sessions_unavailable', status: 403 })
  expect(worker.asked).toEqual(['POST /v1/sessions'])
})

test('a server that needs no session is not asked twice', async () => {
  const worker = fakeWorker({ needed: false })
  const session = visit(worker)
  expect(await Promise.all([who(session.fetch(URL)), who(session.fetch(URL))])).toEqual(['nobody', 'nobody'])
  expect(await who(session.fetch(URL))).toBe('nobody')
  expect(worker.asked.filter((call) => call.includes('sessions'))).toHaveLength(1)
})

test('an access key goes before a session, and is not sent a second time', async () => {
  const worker = fakeWorker()
  let key: string | null = null
  const session = visit(worker, { key: () => key })
  expect(await who(session.fetch(URL))).toBe('v1')
  key = 'mr_mine'
  expect(await who(session.fetch(URL))).toBe('mr_mine')
  expect(session.headers()).toEqual({ authorization: 'Bearer mr_mine' })
  await visit(fakeWorker(), { key: () => key }).ready()
  key = 'v-no-such-token'
  expect((await session.fetch(URL)).status).toBe(401)
  expect(worker.asked).toEqual([
    'POST /v1/sessions',
    'GET /v1/streams v1',
    'GET /v1/streams mr_mine',
    'GET /v1/streams v-no-such-token',
  ])
})

describe('no session', () => {
  const failure = (rules: Rules, options: SessionOptions = {}) =>
    visit(fakeWorker(rules), options)
      .fetch(URL)
      .catch((error: unknown) => error)

  test('for too many visitors says when to try again', async () => {
    const error = await failure({ refuses: 'too_many_sessions', retryAfter: '42' })
    expect(error).toMatchObject({ code: 'too_many_sessions', status: 429, retryAfterMs: 42_000 })
  })

  test.each([
    ['a server that is not reached', { reached: false }, 'network'],
    ['a page that may not ask', { refuses: 'origin_not_allowed' as const }, 'origin_not_allowed'],
    ['an answer that is none', { body: { token: 7 } }, 'not_a_session'],
  ])('for %s', async (_name, rules, code) => {
    expect(await failure(rules)).toMatchObject({ code })
  })

  test('is thrown to the caller of a question unchanged', async () => {
    const session = visit(fakeWorker({ refuses: 'too_many_sessions', retryAfter: '42' }))
    const told = { code: 'too_many_sessions', retryAfterMs: 42_000 }
    await expect(fetchChat(URL, { messages: [] }, { fetch: session.fetch })).rejects.toMatchObject(told)
    const stream = openStream(URL, { messages: [] }, { fetch: session.fetch })
    await expect(Array.fromAsync(stream)).rejects.toMatchObject(told)
  })

  test('is tried for again with the next call', async () => {
    const rules: Rules = { reached: false }
    const session = visit(fakeWorker(rules))
    await expect(session.fetch(URL)).rejects.toMatchObject({ code: 'network' })
    rules.reached = true
    expect(await who(session.fetch(URL))).toBe('v1')
  })
})

test('a call that gives up waiting for a session leaves it to the others', async () => {
  const worker = fakeWorker()
  const session = visit(worker)
  const abort = new AbortController()
  const reason = new Error('enough')
  const given = session.fetch(URL, { signal: abort.signal })
  const other = session.fetch(URL)
  abort.abort(reason)
  await expect(given).rejects.toBe(reason)
  expect(await who(other)).toBe('v1')
  expect(worker.asked).toEqual(['POST /v1/sessions', 'GET /v1/streams v1'])
  await expect(session.fetch(URL, { signal: abort.signal })).rejects.toBe(reason)
})

describe('a session behind Turnstile', () => {
  const solving = (token: string) => {
    const sites: string[] = []
    return {
      sites,
      solveChallenge: async (site: string) => {
        sites.push(site)
        return token
      },
    }
  }

  test('has its challenge solved once, and not for a renewal', async () => {
    const worker = fakeWorker({ proof: 'solved', siteKey: '0xSITE' })
    const { sites, solveChallenge } = solving('solved')
    const session = visit(worker, { solveChallenge })
    expect(await Promise.all([who(session.fetch(URL)), who(session.fetch(URL))])).toEqual(['v1', 'v1'])
    worker.clock.ms += 0.6 * HOUR_MS
    await session.fetch(URL)
    await setImmediate()
    expect(await who(session.fetch(URL))).toBe('v1.1')
    expect(sites).toEqual(['0xSITE'])
  })

  test('is refused without a solved challenge', async () => {
    const rules = { proof: 'solved', siteKey: '0xSITE' }
    const asked = (options: SessionOptions, which: Rules = rules) =>
      visit(fakeWorker(which), options).fetch(URL)
    await expect(asked(solving('wrong'))).rejects.toMatchObject({ code: 'turnstile_failed' })
    await expect(asked({})).rejects.toMatchObject({ code: 'turnstile_required' })
    // The owner has set the secret alone.
    const { sites, solveChallenge } = solving('solved')
    const without = asked({ solveChallenge }, { proof: 'solved' })
    await expect(without).rejects.toMatchObject({ code: 'turnstile_required' })
    expect(sites).toEqual([])
    const broken = async () => {
      throw new Error('no script')
    }
    await expect(asked({ solveChallenge: broken })).rejects.toThrow('no script')
  })
})
