import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ANSWER_MS } from '../../client/stream/attempts.ts'
import { clientError } from '../../client/stream/chat-error.ts'
import { SILENCE_MS } from '../../client/stream/end-silence.ts'
import { followStream, type OpenOptions, openStream } from '../../client/stream/open-stream.ts'
import type { ChatStream } from '../../client/stream/read-stream.ts'
import { MIN_INTERVAL_MS, OFFLINE_INTERVAL_MS } from '../../client/stream/resume.ts'
import { withdraw } from '../../client/stream/withdraw.ts'
import { bytes } from './bodies.ts'
import { fakeWorld, type World } from './fake-environment.ts'
import { datasOf, eventsOf, type Fate, fakeStreams, ID, textOf, URL } from './fake-streams.ts'

const QUESTION = { model: 'm', messages: [{ role: 'user' as const, content: 'Why?' }] }
const WORDS = ['é', '水🎉', 'b']
const EVENTS = eventsOf(datasOf(WORDS))
const LENGTH = bytes(EVENTS.join('')).length

/** A stream whose connections have these fates, and a reader of it. */
function scene(fates: Fate[] = [], events = EVENTS, headers: Record<string, string> = {}) {
  const world = fakeWorld()
  const streams = fakeStreams(events, fates, world.now, headers)
  const connections: string[] = []
  const options: OpenOptions = {
    fetch: streams.fetch,
    environment: world.environment,
    onConnection: (connection) => connections.push(connection),
  }
  return { world, streams, connections, options, open: () => openStream(URL, QUESTION, options) }
}

/** Reads to the end, whichever that is. */
async function readAll(world: World, stream: ChatStream) {
  let text = ''
  let state: string | undefined
  let error: unknown
  async function read() {
    for await (const chunk of stream) {
      text = withdraw(text + textOf(chunk), chunk)
      state = chunk.millrace?.state ?? state
    }
  }
  try {
    await world.until(read())
  } catch (cause) {
    error = cause
  }
  return { text, state, error }
}

const WHOLE = { text: WORDS.join(''), state: 'done', error: undefined }

describe('each event comes once and in order if the connection', () => {
  test.each(['reset', 'close', 'silence'] as const)('ends at any byte, by %s', async (ends) => {
    for (let cut = 0; cut < LENGTH; cut++) {
      const { world, streams, open } = scene([{ bytes: cut, ends }])
      const stream = open()
      expect(await readAll(world, stream)).toEqual(WHOLE)
      expect(stream.lastEventId).toBe(EVENTS.length)
      const seen = EVENTS.filter((_, i) => bytes(EVENTS.slice(0, i + 1).join('')).length <= cut).length
      expect(streams.requests).toEqual([`POST ${URL}`, `GET ${URL}/${ID}${seen ? ` after ${seen}` : ''}`])
      await setImmediate()
      expect([streams.open(), world.attached()]).toEqual([0, 0])
    }
  })

  test('ends again and again, is refused, and repeats earlier events', async () => {
    const unheard = fc.constantFrom<Fate>('lost', 'late', 'hangs')
    const broken = fc.record({
      bytes: fc.nat(LENGTH - 1),
      ends: fc.constantFrom('reset' as const, 'close' as const, 'silence' as const),
      resent: fc.nat(3),
    })
    const refused = fc.constantFrom<Fate>({ status: 503 }, { status: 429, headers: { 'retry-after': '7' } })
    const asks = fc.array(unheard, { maxLength: 4 })
    const looks = fc.array(fc.oneof(broken, unheard, refused), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(asks, broken, looks, async (before, first, after) => {
        const { world, streams, open } = scene([...before, first, ...after])
        expect(await readAll(world, open())).toEqual(WHOLE)
        expect(streams.questions.size).toBe(1)
        for (let i = 1; i < streams.sent.length; i++) {
          const gap = (streams.sent[i]?.at ?? 0) - (streams.sent[i - 1]?.at ?? 0)
          expect(gap).toBeGreaterThanOrEqual(MIN_INTERVAL_MS)
        }
        await setImmediate()
        // One that falls silent after its end is left open for a second.
        const isSilent = [first, ...after].some(
          (fate) => typeof fate === 'object' && 'ends' in fate && fate.ends === 'silence',
        )
        if (!isSilent) expect([streams.open(), world.attached()]).toEqual([0, 0])
      }),
      { numRuns: 100 },
    )
  })

  test('brings the end alone', async () => {
    const upToEnd = bytes(EVENTS.slice(0, -1).join('')).length
    const { world, streams, open } = scene([{ bytes: upToEnd, ends: 'reset' }])
    expect(await readAll(world, open())).toEqual(WHOLE)
    expect(streams.requests[1]).toBe(`GET ${URL}/${ID} after ${EVENTS.length - 1}`)
  })
})

describe('the question', () => {
  test('is sent with a key, and streamed', async () => {
    const { world, streams, open } = scene()
    const stream = open()
    expect(streams.requests).toEqual([])
    expect(stream.id).toBeUndefined()
    expect(await readAll(world, stream)).toEqual(WHOLE)
    expect(stream.id).toBe(ID)
    const [sent] = streams.sent
    expect(JSON.parse(sent?.body ?? '')).toEqual({ ...QUESTION, stream: true })
    expect(Object.fromEntries(sent?.headers ?? [])).toEqual({
      accept: 'text/event-stream',
      'content-type': 'application/json',
      'idempotency-key': expect.stringMatching(/^[0-9a-f]{32}$/),
    })
  })

  test.each<Fate>(['lost', 'late', 'hangs'])(
    'whose answer is lost (%s) is sent again with the same key',
    async (fate) => {
      const { world, streams, connections, open } = scene([fate, fate])
      expect(await readAll(world, open())).toEqual(WHOLE)
      expect(streams.requests).toEqual(Array(3).fill(`POST ${URL}`))
      expect(new Set(streams.sent.map(({ headers }) => headers.get('idempotency-key'))).size).toBe(1)
      expect(new Set(streams.sent.map(({ body }) => body)).size).toBe(1)
      expect(connections).toEqual(['reconnecting', 'reconnecting', 'open'])
    },
  )

  test('has the key and the headers that are given', async () => {
    const { world, streams, options } = scene([{ bytes: 60, ends: 'reset' }])
    const headers = { authorization: 'Bearer mr_1' }
    await readAll(world, openStream(URL, QUESTION, { ...options, idempotencyKey: 'k-1', headers }))
    expect(streams.sent.map(({ headers }) => headers.get('authorization'))).toEqual([
      'Bearer mr_1',
      'Bearer mr_1',
    ])
    expect([...streams.questions.keys()]).toEqual(['k-1'])
  })

  test.each([
    [400, 'invalid_messages'],
    [429, 'rate_limit_exceeded'],
    [502, 'upstream_error'],
  ])('that is refused (%i) is not sent again', async (status, code) => {
    const { world, streams, open } = scene([{ status, code, headers: { 'retry-after': '3' } }])
    const { error } = await readAll(world, open())
    expect(error).toMatchObject({ status, code, retryAfterMs: 3000 })
    expect(streams.requests).toHaveLength(1)
    expect(world.attached()).toBe(0)
  })

  test('that the restarting object refused is sent again', async () => {
    const { world, streams, open } = scene([{ status: 503, code: 'object_unavailable' }])
    expect(await readAll(world, open())).toEqual(WHOLE)
    expect(streams.requests).toHaveLength(2)
  })

  test('that never reaches the server is given up soon', async () => {
    const { world, open } = scene(Array<Fate>(99).fill('lost'))
    const { error } = await readAll(world, open())
    expect(error).toMatchObject({ code: 'network' })
    expect(world.now()).toBeLessThan(10_000)
  })
})

describe('the server’s answer to a reconnect', () => {
  const half: Fate = { bytes: bytes(EVENTS[0] ?? '').length, ends: 'reset' }

  test.each([
    [404, 'stream_not_found'],
    [401, 'access_key_required'],
    [400, 'invalid_cursor'],
  ])('ends the stream with status %i', async (status, code) => {
    const { world, streams, open } = scene([half, { status, code }])
    expect(await readAll(world, open())).toMatchObject({ text: WORDS[0], error: { status, code } })
    expect(streams.requests).toHaveLength(2)
  })

  test('204 without an end is an error', async () => {
    const { world, streams, open } = scene([half, { status: 204 }])
    expect(await readAll(world, open())).toMatchObject({ text: WORDS[0], error: { code: 'truncated' } })
    expect(streams.requests).toHaveLength(2)
  })

  test.each([408, 409, 425, 429, 500, 503])(
    'is waited out with status %i, as long as it says',
    async (status) => {
      const { world, streams, open } = scene([half, { status, headers: { 'retry-after': '20' } }])
      expect(await readAll(world, open())).toEqual(WHOLE)
      const [, second, third] = streams.sent
      expect((third?.at ?? 0) - (second?.at ?? 0)).toBeGreaterThanOrEqual(20_000)
    },
  )

  test('is a lost connection if it is missing for minutes', async () => {
    const { world, open } = scene([half, ...Array<Fate>(99).fill('lost')])
    expect(await readAll(world, open())).toMatchObject({ text: WORDS[0], error: { code: 'network' } })
    expect(world.now()).toBeGreaterThan(4 * 60_000)
    expect(world.now()).toBeLessThan(6 * 60_000)
    expect(world.attached()).toBe(0)
  })
})

describe('an error in the stream', () => {
  const error = { message: 'Broke.', type: 'server_error', param: null, code: 'upstream_truncated' }
  const [first = '', second = ''] = datasOf(['a', 'b'])
  const failed = eventsOf([first, second, JSON.stringify({ choices: [], error })])

  test('is thrown after what came before it, and nothing is asked again', async () => {
    for (let cut = 0; cut < bytes(failed.join('')).length; cut += 7) {
      const { world, streams, open } = scene([{ bytes: cut, ends: 'reset' }], failed)
      expect(await readAll(world, open())).toMatchObject({
        text: 'ab',
        error: { ...error, requestId: 'r-1' },
      })
      expect(streams.requests).toHaveLength(2)
      expect(world.attached()).toBe(0)
    }
  })

  test('can be an event that is not JSON', async () => {
    const { world, open } = scene([], eventsOf([first, '<html>']))
    expect(await readAll(world, open())).toMatchObject({ text: 'a', error: { code: 'invalid_event' } })
  })
})

describe('the deadlines', () => {
  test('end a connection that falls silent', async () => {
    const { world, streams, connections, open } = scene([{ bytes: 60, ends: 'silence' }])
    await readAll(world, open())
    expect(streams.sent[1]?.at).toBeGreaterThanOrEqual(SILENCE_MS)
    expect(connections).toEqual(['open', 'reconnecting', 'open'])
  })

  test('don’t count a slow reader as the server’s silence', async () => {
    const { world, streams, open } = scene()
    let text = ''
    for await (const chunk of open()) {
      text += textOf(chunk)
      await world.pass(2 * SILENCE_MS)
    }
    expect([text, streams.requests.length]).toEqual([WHOLE.text, 1])
  })

  test('end a request without an answer', async () => {
    const { world, streams, open } = scene(['hangs'])
    await readAll(world, open())
    expect(streams.sent[1]?.at).toBeGreaterThanOrEqual(ANSWER_MS)
  })
})

describe('a `ready` that a question waits for', () => {
  test('may take any time, and costs no attempt', async () => {
    const { world, streams, connections, options } = scene()
    const solved = Promise.withResolvers<void>()
    const read = readAll(world, openStream(URL, QUESTION, { ...options, ready: () => solved.promise }))
    world.environment.timer(5 * ANSWER_MS, solved.resolve)
    expect(await read).toEqual(WHOLE)
    expect([connections, streams.requests]).toEqual([['open'], [`POST ${URL}`]])
    expect(world.attached()).toBe(0)
  })

  test('is stopped without a request, also later', async () => {
    const { world, streams, options } = scene()
    const solved = Promise.withResolvers<void>()
    const stream = openStream(URL, QUESTION, { ...options, ready: () => solved.promise })
    const first = stream[Symbol.asyncIterator]().next()
    await world.pass(10)
    await stream.stop()
    await expect(first).rejects.toMatchObject({ name: 'AbortError' })
    solved.resolve()
    await world.pass(ANSWER_MS)
    expect([streams.requests, world.attached()]).toEqual([[], 0])
  })

  test('is called again if the network failed, and is an error if it was refused', async () => {
    const { world, streams, options } = scene()
    const fails = [clientError('network', 'Not reached.'), new TypeError('Odd.')]
    const ready = async () => {
      const error = fails.shift()
      if (error) throw error
    }
    expect(await readAll(world, openStream(URL, QUESTION, { ...options, ready }))).toEqual(WHOLE)
    expect(streams.requests).toEqual([`POST ${URL}`])
    fails.push(clientError('challenge_failed', 'Not solved.'))
    const { error } = await readAll(world, openStream(URL, QUESTION, { ...options, ready }))
    expect(error).toMatchObject({ code: 'challenge_failed' })
    expect([streams.requests.length, world.attached()]).toEqual([1, 0])
  })
})

describe('the network', () => {
  test('is waited for, and then the answer goes on at once', async () => {
    const half: Fate = { bytes: bytes(EVENTS[0] ?? '').length, ends: 'reset' }
    const { world, streams, open } = scene([half])
    const chunks = open()[Symbol.asyncIterator]()
    await chunks.next()
    world.sign('offline')
    const next = chunks.next()
    await world.pass(OFFLINE_INTERVAL_MS / 2)
    expect(streams.requests).toHaveLength(1)
    world.sign('online')
    const { value } = await world.until(next)
    expect(value && textOf(value)).toBe(WORDS[1])
    expect(world.now()).toBeLessThan(OFFLINE_INTERVAL_MS / 2 + 1_000)
  })

  test('that is back means a new connection, also if the old one reports no failure', async () => {
    const { world, streams, open } = scene([{ bytes: bytes(EVENTS[0] ?? '').length, ends: 'silence' }])
    const chunks = open()[Symbol.asyncIterator]()
    await chunks.next()
    const next = chunks.next()
    await world.pass(2_000)
    world.sign('offline')
    await world.pass(3_000)
    world.sign('online')
    const { value } = await world.until(next)
    expect(value && textOf(value)).toBe(WORDS[1])
    expect(world.now()).toBeLessThan(6_000)
    expect(streams.open()).toBe(1)
  })
})

describe('leaving', () => {
  test('a `for await` closes the connection, and stops nothing', async () => {
    const { world, streams, open } = scene()
    for await (const chunk of open()) {
      expect(textOf(chunk)).toBe(WORDS[0])
      break
    }
    expect([streams.open(), world.attached()]).toEqual([0, 0])
    expect(streams.requests).toEqual([`POST ${URL}`])
  })

  test.each<[string, Fate[]]>([
    ['while nothing comes', [{ bytes: 80, ends: 'silence' }]],
    ['while it waits for another try', [{ bytes: 80, ends: 'reset' }, 'lost', 'lost', 'lost', 'lost']],
    ['while the server does not answer', [{ bytes: 80, ends: 'reset' }, 'hangs']],
    ['before the server has answered', ['hangs']],
  ])('by the signal ends the reading, %s', async (_, fates) => {
    const { world, streams, options } = scene(fates)
    const abort = new AbortController()
    const read = readAll(world, openStream(URL, QUESTION, { ...options, signal: abort.signal }))
    const reason = new Error('enough')
    await world.pass(2_000)
    abort.abort(reason)
    expect((await read).error).toBe(reason)
    expect([streams.open(), world.attached()]).toEqual([0, 0])
    expect(streams.requests.filter((request) => request.startsWith('DELETE'))).toEqual([])
  })

  test('by a signal that is aborted already sends nothing', async () => {
    const { world, streams, options } = scene()
    const { error } = await readAll(
      world,
      openStream(URL, QUESTION, { ...options, signal: AbortSignal.abort() }),
    )
    expect(error).toMatchObject({ name: 'AbortError' })
    expect([streams.requests.length, world.attached()]).toEqual([0, 0])
  })
})

describe('a stop', () => {
  test('asks the server, and is read to its end', async () => {
    const stopped = eventsOf(datasOf(['a'], 'stopped'))
    const { world, streams, open } = scene([], stopped)
    const stream = open()
    const chunks = stream[Symbol.asyncIterator]()
    await chunks.next()
    await world.until(stream.stop())
    expect(streams.requests).toEqual([`POST ${URL}`, `DELETE ${URL}/${ID}`])
    expect((await chunks.next()).value).toMatchObject({ millrace: { state: 'stopped' } })
    expect(await chunks.next()).toEqual({ done: true, value: undefined })
    expect(world.attached()).toBe(0)
  })

  test('that is lost is repeated', async () => {
    const { world, streams, open } = scene(['whole', 'lost', { status: 503 }])
    const stream = open()
    await stream[Symbol.asyncIterator]().next()
    await world.until(stream.stop())
    expect(streams.requests.slice(1)).toEqual(Array(3).fill(`DELETE ${URL}/${ID}`))
  })

  test('of a stream that no longer exists succeeds', async () => {
    const { world, open } = scene(['whole', { status: 404 }])
    const stream = open()
    await readAll(world, stream)
    await world.until(stream.stop())
  })

  test('that is refused says so', async () => {
    const { world, open } = scene(['whole', { status: 401, code: 'invalid_access_key' }])
    const stream = open()
    await readAll(world, stream)
    await expect(world.until(stream.stop())).rejects.toMatchObject({ code: 'invalid_access_key' })
  })

  test('before the server has answered waits for the stream’s id', async () => {
    const { world, streams, options } = scene([], eventsOf(datasOf([], 'stopped')))
    const answer = Promise.withResolvers<void>()
    const fetch: typeof streams.fetch = async (input, init) => {
      await answer.promise
      return streams.fetch(input, init)
    }
    const stream = openStream(URL, QUESTION, { ...options, fetch })
    const first = stream[Symbol.asyncIterator]().next()
    await world.pass(10)
    const stopped = stream.stop()
    answer.resolve()
    await world.until(stopped)
    expect(streams.requests).toEqual([`POST ${URL}`, `DELETE ${URL}/${ID}`])
    expect((await first).value).toMatchObject({ millrace: { state: 'stopped' } })
  })

  test('that can’t reach the server withdraws the question', async () => {
    const { world, streams, open } = scene(Array<Fate>(9).fill('lost'))
    const stream = open()
    const read = readAll(world, stream)
    await world.pass(1_500)
    await stream.stop()
    expect((await read).error).toMatchObject({ name: 'AbortError' })
    const before = streams.requests.length
    await world.pass(60_000)
    expect([streams.requests.length, world.attached()]).toEqual([before, 0])
  })

  test('before the iteration sends nothing', async () => {
    const { world, streams, open } = scene()
    const stream = open()
    await stream.stop()
    expect((await readAll(world, stream)).error).toMatchObject({ name: 'AbortError' })
    expect(streams.requests).toEqual([])
  })
})

describe('a stream that is known', () => {
  test('is read from the first event on', async () => {
    const { world, streams, options } = scene([{ bytes: 80, ends: 'close' }])
    const stream = followStream(URL, ID, options)
    expect(stream.id).toBe(ID)
    expect(await readAll(world, stream)).toEqual(WHOLE)
    expect(streams.requests[0]).toBe(`GET ${URL}/${ID}`)
  })

  test('is read from a later event on', async () => {
    const { world, streams, options } = scene()
    const { text } = await readAll(world, followStream(URL, ID, { ...options, after: 2 }))
    expect(text).toBe(WORDS.slice(2).join(''))
    expect(streams.requests).toEqual([`GET ${URL}/${ID} after 2`])
  })
})

describe('an answer that is shown before it is judged', () => {
  const lead = { 'moderation-retract-chars': '2' }
  const size = (events: number) => bytes(EVENTS.slice(0, events).join('')).length
  const gone: Fate = { status: 404, code: 'stream_not_found' }
  const cut = { bytes: size(3), ends: 'close' } as const

  test('that is whole stays, over a lost connection too', async () => {
    for (const fates of [[], [cut]]) {
      const { world, open } = scene(fates, EVENTS, lead)
      const stream = open()
      expect(await readAll(world, stream)).toEqual(WHOLE)
      expect(stream.unjudged()).toBeUndefined()
    }
  })

  test('and whose stream is gone is read without what may not have passed', async () => {
    const { world, open } = scene([cut, gone], EVENTS, lead)
    const { text, error } = await readAll(world, open())
    expect([text, error]).toMatchObject([WORDS.join('').slice(0, -2), { code: 'stream_not_found' }])
  })

  test('and whose reader leaves is left without it', async () => {
    const leave = new AbortController()
    const { world, options } = scene([{ ...cut, ends: 'silence' }], EVENTS, lead)
    const stream = openStream(URL, QUESTION, { ...options, signal: leave.signal })
    let text = ''
    const read = async () => {
      for await (const chunk of stream) {
        text = withdraw(text + textOf(chunk), chunk)
        if (text === WORDS.join('')) {
          expect(stream.unjudged()).toBe(2)
          leave.abort()
        }
      }
    }
    await expect(world.until(read())).rejects.toHaveProperty('name', 'AbortError')
    expect(text).toBe(WORDS.join('').slice(0, -2))
  })

  test('stays where nothing is taken back', async () => {
    const { world, open } = scene([cut, gone])
    expect(await readAll(world, open())).toMatchObject({ text: WORDS.join('') })
  })
})
