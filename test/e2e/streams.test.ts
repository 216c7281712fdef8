/** Durable streams over real connections: what becomes of the call upstream, of other readers, and of the account. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MAX_EVENT_BYTES, MAX_STREAM_BYTES, OPENING_GRACE_MS } from '../../worker/limits.ts'
import { expectBroken, expectWhole } from '../protocol/expected.ts'
import { eventsOf, Following } from '../protocol/following.ts'
import { QUESTION, refusal } from '../support/caller.ts'
import { type House, useHouse } from '../support/house.ts'
import { end, hang, inOrder, type Script, send, wait } from '../support/script.ts'
import { answer, begun, events, failing, streamHead } from '../support/scripts.ts'
import { answerEvents, chunk, DONE_EVENT, delta, event, numbered, role } from '../support/sse.ts'

const SOON_MS = 1000
const JSON_TYPE = { 'content-type': 'application/json' }

/** `POST /v1/streams`. */
const open = (house: House, init: RequestInit = {}) =>
  fetch(`${house.url}/v1/streams`, {
    method: 'POST',
    body: JSON.stringify(QUESTION),
    ...init,
    headers: { ...JSON_TYPE, ...init.headers },
  })

/** The same, accepted. */
async function begin(house: House, init?: RequestInit): Promise<Following> {
  const response = await open(house, init)
  expect(response.status, response.status === 201 ? '' : await response.clone().text()).toBe(201)
  return new Following(response)
}

const get = (house: House, id: string, after?: number) =>
  fetch(
    `${house.url}/v1/streams/${id}`,
    after === undefined ? {} : { headers: { 'last-event-id': `${after}` } },
  )

const replay = async (house: House, id: string, after?: number) =>
  new Following(await get(house, id, after)).rest()

const stop = (house: House, id: string) => fetch(`${house.url}/v1/streams/${id}`, { method: 'DELETE' })

/** Opens a stream and reads it to its end, where it was each time that it was cut off for being slow. */
async function readPatiently(house: House): Promise<string> {
  let reading = await begin(house)
  const { id } = reading
  let text = ''
  for (;;) {
    try {
      return text + (await reading.rest())
    } catch {
      text += reading.text
      reading = new Following(await get(house, id, eventsOf(text).at(-1)?.id))
    }
  }
}

const HALF = [role(), ...numbered(5).map(delta)]
const silentAfterHalf = inOrder(begun(HALF), hang)

/** The log's lines about streams as a whole, since the test began. */
function useLog(house: House) {
  let start = 0
  beforeEach(() => {
    start = house.logs.length
  })
  const ends = () =>
    house.logs.slice(start).filter(({ route, status }) => route === '/v1/streams' && status === 201)
  return async (count: number) => {
    await expect.poll(() => ends().length, { timeout: 5000 }).toBeGreaterThanOrEqual(count)
    return ends()
  }
}

const house = useHouse()
const ends = useLog(house)

describe('a stream that is stopped', () => {
  test.each<[string, Script, number]>([
    ['in mid-answer', answer(numbered(2000), 10), 6],
    ['while the upstream is silent', silentAfterHalf, HALF.length],
  ])(
    '%s: the upstream knows within a second, its readers at once, and what came is kept',
    async (_, script, count) => {
      house.upstream.next(script)
      const first = await (await begin(house)).take(count)
      const others = [
        await new Following(await get(house, first.id, 3)).take(1),
        new Following(await get(house, first.id)),
      ]
      const call = await house.upstream.call(1)
      const asked = performance.now()
      expect((await stop(house, first.id)).status).toBe(204)
      await call.over
      expect((call.closedAt ?? Number.NaN) - asked).toBeLessThan(SOON_MS)
      const text = await first.rest()
      const [later, whole] = await Promise.all(others.map((other) => other.rest()))
      expect(performance.now() - asked).toBeLessThan(2 * SOON_MS)
      const came = eventsOf(text).length - 2
      const sent = call.sent.slice(0, came).map(({ bytes }) => bytes.toString())
      expect(came).toBeGreaterThanOrEqual(count)
      const { usage } = expectWhole(text, sent, 'stopped')
      expect(whole).toBe(text)
      expect(later).toBe(text.slice(text.indexOf('id: 4\n')))
      expect(await replay(house, first.id)).toBe(text)
      expect(await ends(1)).toEqual([
        expect.objectContaining({
          id: first.response.headers.get('x-request-id'),
          status: 201,
          upstream_status: 200,
          model: 'gpt-test',
          end: 'stopped',
          bytes: Buffer.byteLength(text),
          prompt_tokens: usage.prompt_tokens,
          completion_tokens: usage.completion_tokens,
          usage_source: 'estimated',
        }),
      ])
      expect(usage.completion_tokens).toBeGreaterThan(0)
    },
  )

  test('before the first byte', async () => {
    house.upstream.next(inOrder(streamHead(), hang))
    const reading = await begin(house)
    const call = await house.upstream.call(1)
    const asked = performance.now()
    expect((await stop(house, reading.id)).status).toBe(204)
    await call.over
    expect(performance.now() - asked).toBeLessThan(SOON_MS)
    expectWhole(await reading.rest(), [], 'stopped')
  })
})

describe('a reader that leaves stops nothing', () => {
  test('in mid-answer: what it missed is there when it comes back', async () => {
    house.upstream.next(answer(numbered(60), 20))
    const caller = new AbortController()
    const reading = await (await begin(house, { signal: caller.signal })).take(5)
    caller.abort()
    const call = await house.upstream.call(1)
    await call.over
    expect(call.closedAt).toBeUndefined()
    const rest = await replay(house, reading.id, reading.cursor)
    expectWhole(reading.text + rest, answerEvents(numbered(60)).slice(0, -1))
    expect((await ends(1))[0]).toMatchObject({ end: 'done' })
  })

  test.each(['while the upstream has not even answered', 'while its first byte is on the way'])(
    'and %s: the same request has the whole answer',
    async (when) => {
      const tokens = numbered(3)
      const words = inOrder(send(...answerEvents(tokens)), end)
      house.upstream.next(
        when.startsWith('while its')
          ? inOrder(streamHead(), wait(700), words)
          : inOrder(wait(700), streamHead(), words),
      )
      const headers = { 'idempotency-key': crypto.randomUUID() }
      const caller = new AbortController()
      const left = open(house, { signal: caller.signal, headers }).catch((error: unknown) => error)
      const call = await house.upstream.call(1)
      await new Promise((resolve) => setTimeout(resolve, 200))
      caller.abort()
      expect(await left).toBeInstanceOf(Error)
      const again = await begin(house, { headers })
      expect(again.response.headers.get('idempotent-replayed')).toBe('true')
      expectWhole(await again.rest(), answerEvents(tokens).slice(0, -1))
      expect(call.closedAt).toBeUndefined()
      expect(house.upstream.calls).toHaveLength(1)
    },
  )

  test('and nobody comes back: it is there all the same', async () => {
    const tokens = numbered(3)
    house.upstream.next(inOrder(wait(300), begun(answerEvents(tokens)), end))
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const caller = new AbortController()
    const left = open(house, { signal: caller.signal, headers }).catch(() => {})
    await house.upstream.call(1)
    caller.abort()
    await left
    expect((await ends(1))[0]).toMatchObject({ end: 'done', completion_tokens: expect.any(Number) })
    expectWhole(await (await begin(house, { headers })).rest(), answerEvents(tokens).slice(0, -1))
    expect(house.upstream.calls).toHaveLength(1)
  })
})

describe('with the times of a day made short', () => {
  const house = useHouse({ STREAM_ABANDONED_MS: '1000', STREAM_KEEP_MS: '1000' })
  const ends = useLog(house)

  test('what nobody reads is stopped, and its call with it', async () => {
    house.upstream.next(answer(numbered(2000), 20))
    const caller = new AbortController()
    const reading = await (await begin(house, { signal: caller.signal })).take(3)
    const call = await house.upstream.call(1)
    caller.abort()
    const left = performance.now()
    await call.over
    const after = (call.closedAt ?? Number.NaN) - left
    expect(after).toBeGreaterThan(900)
    expect(after).toBeLessThan(3500)
    expect((await ends(1))[0]).toMatchObject({ end: 'stopped' })
    expect(await replay(house, reading.id)).toContain('"state":"stopped"')
  })

  test('what is read goes on for longer than that', async () => {
    house.upstream.next(answer(numbered(30), 50))
    expectWhole(await (await begin(house)).rest(), answerEvents(numbered(30)).slice(0, -1))
  })

  test('what is over for long enough is gone', async () => {
    const reading = await begin(house)
    const text = await reading.rest()
    expect(await replay(house, reading.id)).toBe(text)
    await expect.poll(async () => (await get(house, reading.id)).status, { timeout: 5000 }).toBe(404)
    expect((await stop(house, reading.id)).status).toBe(404)
    expect(await refusal(await get(house, reading.id, 2))).toMatchObject({ code: 'stream_not_found' })
  })
})

describe('a slow reader', () => {
  const sockets: Socket[] = []
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy()
  })

  /** Asks, and then takes nothing that comes. */
  async function takeNothing(id: string): Promise<Socket> {
    const { hostname, port } = new URL(house.url)
    const socket = connect(Number(port), hostname).pause()
    sockets.push(socket)
    await once(socket, 'connect')
    socket.write(`GET /v1/streams/${id} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`)
    return socket
  }

  test('holds up neither the upstream nor another one, is cut off, and can have all of it later', async () => {
    const large = Array.from({ length: 150 }, (_, i) =>
      event(chunk({}, { choices: [{ index: 0, delta: {}, logprobs: `${i} `.padEnd(100_000, 'x') }] })),
    )
    house.upstream.next(
      inOrder(
        begun([role()]),
        wait(500),
        ...large.flatMap((one) => [send(one), wait(20)]),
        send(DONE_EVENT),
        end,
      ),
    )
    const quick = await (await begin(house)).take(1)
    const slow = await takeNothing(quick.id)
    const text = await quick.rest()
    expectWhole(text, [role(), ...large])
    const call = await house.upstream.call(1)
    expect(call.closedAt).toBeUndefined()
    // It was given what was on its way, and then its connection was broken: no clean end.
    const came: Buffer[] = []
    slow.on('data', (bytes: Buffer) => came.push(bytes))
    await once(slow.resume(), 'close')
    const got = Buffer.concat(came)
    expect(got.length).toBeLessThan(text.length)
    expect(got.includes('[DONE]')).toBe(false)
    expect(got.subarray(-7).toString()).not.toBe('\r\n0\r\n\r\n')
    expect(await replay(house, quick.id)).toBe(text)
  })
})

describe('what goes wrong', () => {
  test('before the first byte is a status, and leaves no stream behind', async () => {
    const headers = { 'idempotency-key': crypto.randomUUID() }
    house.upstream.next(
      failing(404, { code: 'model_not_found', message: 'The model `x` does not exist.' }),
      answer(['b']),
    )
    const refused = await open(house, { headers })
    expect(refused.status).toBe(404)
    expect(refused.headers.get('stream-id')).toBeNull()
    expect(await refusal(refused)).toMatchObject({ code: 'model_not_found' })
    const again = await begin(house, { headers })
    expect(again.response.headers.get('idempotent-replayed')).toBeNull()
    expect(await again.rest()).toContain('"b"')
    expect(await ends(1)).toHaveLength(1)
  })

  test('after a long wait for the first byte is the end of a stream', async () => {
    house.upstream.next(
      inOrder(
        wait(OPENING_GRACE_MS + 400),
        failing(400, { code: 'context_length_exceeded', message: 'Too long.' }),
      ),
    )
    const asked = performance.now()
    const reading = await begin(house)
    expect(performance.now() - asked).toBeGreaterThan(OPENING_GRACE_MS - 100)
    expect(performance.now() - asked).toBeLessThan(OPENING_GRACE_MS + 350)
    expectBroken(await reading.rest(), [], 'failed', {
      code: 'context_length_exceeded',
      type: 'invalid_request_error',
    })
    expect((await ends(1))[0]).toMatchObject({ end: 'failed', status: 201 })
  })

  const filler = event(
    chunk({}, { choices: [{ index: 0, delta: {}, logprobs: 'x'.repeat(MAX_EVENT_BYTES / 2) }] }),
  )
  const tooMany = Array<string>(Math.ceil(MAX_STREAM_BYTES / filler.length) + 1).fill(filler)

  test.each<[string, string[], string, object]>([
    ['is too long', [role(), ...tooMany], 'failed', { code: 'stream_too_long' }],
    ['is garbage', [...HALF, 'data: garbage\n\n'], 'failed', { code: 'upstream_invalid' }],
    ['is an error', [...HALF, event({ error: { message: 'no' } })], 'failed', { message: 'no' }],
    [
      'is one endless event',
      [role(), ...Array<string>(40).fill(`data: ${'x'.repeat(65_536)}`)],
      'failed',
      { code: 'stream_too_long' },
    ],
  ])(
    'where the answer %s, the call is ended, though the upstream would go on',
    async (_, list, state, error) => {
      house.upstream.next(inOrder(begun(list), hang))
      const text = await readPatiently(house)
      const call = await house.upstream.call(1)
      const ended = performance.now()
      await call.over
      expect((call.closedAt ?? Number.NaN) - ended).toBeLessThan(SOON_MS)
      const last = JSON.parse(eventsOf(text).at(-1)?.data ?? '')
      expect(last).toMatchObject({ millrace: { state }, error })
      expect((await ends(1))[0]).toMatchObject({ end: state, prompt_tokens: expect.any(Number) })
    },
  )

  test('and after [DONE] nothing is waited for', async () => {
    house.upstream.next(inOrder(begun(answerEvents(['a'])), hang))
    expectWhole(await (await begin(house)).rest(), answerEvents(['a']).slice(0, -1))
    await (await house.upstream.call(1)).over
  })
})

describe('of two callers', () => {
  const KEYS = ['mr_one', 'mr_two'] as const
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
  const house = useHouse({
    OPEN_ACCESS: 'false',
    ACCESS_KEYS: KEYS.map((key, i) => `caller${i}:${sha256(key)}`).join(),
  })
  const as = (key: (typeof KEYS)[number], path: string, init: RequestInit = {}) =>
    fetch(`${house.url}${path}`, { ...init, headers: { ...init.headers, authorization: `Bearer ${key}` } })
  const told = async (response: Response) => ({
    status: response.status,
    headers: [...response.headers].filter(([name]) => !/^(?:x-request-id|server-timing|date)$/.test(name)),
    body: await response.text(),
  })

  test.each([12.5, -1, 2e9])('a count of %d tokens ends no other stream of its caller', async (odd) => {
    const ask = () =>
      as('mr_one', '/v1/streams', { method: 'POST', body: JSON.stringify(QUESTION), headers: JSON_TYPE })
    const usage = { prompt_tokens: 9, completion_tokens: odd, total_tokens: 9 + odd }
    const absurd = [role(), delta('Hi'), event(chunk({}, { choices: [], usage })), DONE_EVENT]
    const finish = Promise.withResolvers<void>()
    house.upstream.next(
      inOrder(begun(HALF), () => finish.promise, send(DONE_EVENT), end),
      inOrder(begun(absurd), end),
    )
    const other = await new Following(await ask()).take(2)
    const last = JSON.parse(eventsOf(await new Following(await ask()).rest()).at(-2)?.data ?? '')
    expect(last).toMatchObject({ millrace: { state: 'done', usage_source: 'estimated' } })
    finish.resolve()
    expectWhole(await other.rest(), HALF)
  })

  test('one’s stream is to the other as unknown as one that never was, to the byte; and goes on', async () => {
    house.upstream.next(answer(numbered(30), 30))
    const opened = await as('mr_one', '/v1/streams', {
      method: 'POST',
      body: JSON.stringify(QUESTION),
      headers: JSON_TYPE,
    })
    const reading = await new Following(opened).take(2)
    const unknown = `str_${'A'.repeat(22)}`
    for (const init of [{}, { headers: { 'last-event-id': '1' } }, { method: 'DELETE' }]) {
      const foreign = await told(await as('mr_two', `/v1/streams/${reading.id}`, init))
      expect(foreign.status).toBe(404)
      for (const path of [unknown, 'nonsense', `${reading.id}A`, `${reading.id}%00`]) {
        expect(foreign).toEqual(await told(await as('mr_two', `/v1/streams/${path}`, init)))
        expect(foreign).toEqual(await told(await as('mr_one', `/v1/streams/${path}`, init)))
      }
    }
    expectWhole(await reading.rest(), answerEvents(numbered(30)).slice(0, -1))
  })
})

describe('200 streams at once', () => {
  test('each reader disconnected three times and resumed: all whole, and each on record once', async () => {
    const tokens = 45
    const used = { prompt_tokens: 9, completion_tokens: 999 }
    const usage = { ...used, total_tokens: 1008 }
    house.upstream.when(({ request }) => {
      const words = numbered(tokens).map((token) => `${request.user}:${token}`)
      return events(answerEvents(words, { usage }), 40)
    })
    const texts = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const body = JSON.stringify({ ...QUESTION, user: `u${index}` })
        const headers = JSON_TYPE
        const places = [3 + (index % 7), 14 + (index % 11), 28 + (index % 13)]
        const first = await readUpTo(`${house.url}/v1/streams`, { method: 'POST', body, headers }, places[0])
        let text = first.text
        for (const at of [...places.slice(1), undefined]) {
          const headers = { 'last-event-id': /.*id: (\d+)\n/s.exec(text)?.[1] ?? '' }
          text += (await readUpTo(`${house.url}/v1/streams/${first.id}`, { headers }, at)).text
        }
        return text
      }),
    )
    for (const [index, text] of texts.entries()) {
      const expected = numbered(tokens).map((token) => `u${index}:${token}`)
      expectWhole(text, answerEvents(expected).slice(0, -1))
    }
    const lines = await ends(200)
    expect(lines).toHaveLength(200)
    expect(new Set(lines.map(({ id }) => id)).size).toBe(200)
    for (const line of lines) {
      expect(line).toMatchObject({ end: 'done', ...used, usage_source: 'upstream' })
    }
    expect(house.upstream.calls).toHaveLength(200)
  }, 30_000)

  /** Reads until this event has come, and then lets go; or to the end. @returns the whole events that came */
  async function readUpTo(url: string, init: RequestInit, at: number | undefined) {
    const caller = new AbortController()
    const response = await fetch(url, { ...init, signal: caller.signal })
    expect(response.ok).toBe(true)
    const decoder = new TextDecoder()
    let text = ''
    for await (const bytes of response.body ?? []) {
      text += decoder.decode(bytes, { stream: true })
      if (at !== undefined && text.includes(`\nid: ${at}\n`)) break
    }
    caller.abort()
    return { id: response.headers.get('stream-id'), text: text.slice(0, text.lastIndexOf('\n\n') + 2) }
  }
})
