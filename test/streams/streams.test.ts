import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ApiError } from '../../worker/errors.ts'
import {
  FLUSH_MS,
  MAX_IN_FLIGHT_BYTES,
  MAX_KEPT_STREAMS,
  MAX_RUNNING_STREAMS,
  OPENING_GRACE_MS,
} from '../../worker/limits.ts'
import { toBytes } from '../../worker/protocol/encode.ts'
import { isStreamId } from '../../worker/streams/stream-id.ts'
import { createStreams, type Opened, type Opening, type StreamEnd } from '../../worker/streams/streams.ts'
import { answerEvents, DONE_EVENT, delta, role } from '../support/sse.ts'
import { newStream, openJournal, rowsIn } from './kept.ts'
import { read } from './reading.ts'
import { testStreamId } from './test-ids.ts'
import { admitted } from './test-ticket.ts'
import { createTestUpstream, type TestUpstream } from './upstream.ts'

beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => void vi.useRealTimers())

const KEEPING = { kept: 600_000, abandoned: 300_000 }

function start(surroundings: Partial<Parameters<typeof createStreams>[0]> = {}) {
  const { sql, journal } = openJournal()
  const upstreams: TestUpstream[] = []
  const ends: StreamEnd[] = []
  const onBroken = vi.fn()
  const streams = createStreams({
    journal,
    newId: testStreamId,
    keeping: KEEPING,
    silenceMs: 120_000,
    now: Date.now,
    admit: ({ reservation }) => admitted(reservation.id),
    ask() {
      const upstream = createTestUpstream()
      upstreams.push(upstream)
      return upstream.run
    },
    onEnd: (end) => void ends.push(end),
    onBroken,
    ...surroundings,
  })
  const open = (fields: Partial<Opening> = {}) =>
    streams.open({
      format: 'chat-completions',
      bytes: toBytes('{}'),
      model: 'gpt-test',
      idempotency: undefined,
      after: 0,
      reservation: { id: `req_${crypto.randomUUID()}`, prompt: 7, output: 100, expiresAt: 1 },
      limits: undefined,
      ...fields,
    })
  /** Opens one that begins to answer at once. */
  const begin = async (fields: Partial<Opening> = {}) => {
    const opened = open(fields)
    upstreams.at(-1)?.say(role())
    return accepted(await opened)
  }
  return { sql, journal, streams, upstreams, ends, onBroken, open, begin }
}

function accepted<T>(answer: T | ApiError): T {
  if (answer instanceof ApiError) throw answer
  return answer
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const key = (text: string, hash = 'hash') => ({ idempotency: { key: text, hash } })
const whole = ({ events }: Pick<Opened, 'events'>) => read(events as ReadableStream<Uint8Array>).rest()

function sayAll(upstream: TestUpstream | undefined, tokens = ['Hello', ' world']): void {
  for (const event of answerEvents(tokens)) upstream?.say(event)
}

describe('a stream that is opened', () => {
  test('is asked for at once, and answered with its first byte', async () => {
    const { open, upstreams } = start()
    const opened = open()
    expect(upstreams).toHaveLength(1)
    const settled = vi.fn()
    opened.then(settled, settled)
    await pass(OPENING_GRACE_MS - 1)
    expect(settled).not.toHaveBeenCalled()
    sayAll(upstreams[0])
    const { id, replayed, headers, events } = accepted(await opened)
    expect(isStreamId(id, 'chat-completions')).toBe(true)
    expect({ replayed, headers }).toEqual({ replayed: false, headers: { 'x-request-id': 'req_upstream' } })
    expect(await whole({ events })).toContain('[DONE]')
  })

  test('can be followed from each of its events, while it runs and after it', async () => {
    const { begin, streams, upstreams } = start()
    const { id, events } = await begin()
    const live = accepted(streams.follow(id, 1))
    sayAll(upstreams[0], ['a', 'b', 'c'])
    const text = await whole({ events })
    expect(await whole(live)).toBe(text.slice(text.indexOf('id: 2\n')))
    const last = text.match(/^id: /gm)?.length ?? 0
    for (let after = 0; after < last; after++) {
      const from = text.slice(text.indexOf(`id: ${after + 1}\n`))
      expect(await whole(accepted(streams.follow(id, after)))).toBe(from)
    }
    expect(streams.follow(id, last)).toEqual({ events: undefined })
    expect(streams.follow(id, last + 1)).toMatchObject({ code: 'invalid_cursor', status: 400 })
  })

  test('refuses a cursor beyond its last event', async () => {
    const { begin, streams } = start()
    const { id } = await begin()
    for (const after of [2, 3, 1e6, 2 ** 20, 999_999_999_999_999]) {
      expect(streams.follow(id, after)).toMatchObject({ code: 'invalid_cursor' })
    }
    expect(accepted(streams.follow(id, 1)).events).toBeDefined()
  })

  test('is on record when it has ended', async () => {
    const { begin, upstreams, ends, streams } = start()
    const { id, events } = await begin()
    sayAll(upstreams[0])
    const text = await whole({ events })
    await pass(0)
    expect(ends).toEqual([
      expect.objectContaining({
        stream: expect.objectContaining({ id, model: 'gpt-test', promptTokens: 7, started: 0 }),
        state: 'done',
        bytes: Buffer.byteLength(text),
        tokens: expect.objectContaining({ prompt_tokens: 7 }),
      }),
    ])
    expect(streams.size).toBe(0)
  })
})

describe('a failure before the first byte', () => {
  test('is a refusal, and leaves no stream behind', async () => {
    const { open, upstreams, streams, journal, sql, ends } = start()
    const opened = open(key('k'))
    upstreams[0]?.refuse(new ApiError('upstream_rejected', { status: 404 }))
    expect(await opened).toMatchObject({ code: 'upstream_rejected', status: 404 })
    await pass(0)
    expect([streams.size, journal.kept, rowsIn(sql, 'streams'), rowsIn(sql, 'packs'), ends.length]).toEqual([
      0, 0, 0, 0, 0,
    ])
    expect(upstreams[0]?.finished).toBe(true)
  })

  test('is a refusal to all who asked with the same key, and the next one asks anew', async () => {
    const { open, upstreams } = start()
    const asked = [open(key('k')), open(key('k'))]
    expect(upstreams).toHaveLength(1)
    upstreams[0]?.refuse(new ApiError('upstream_unreachable'))
    for (const answer of await Promise.all(asked)) expect(answer).toMatchObject({ status: 502 })
    const again = open(key('k'))
    expect(upstreams).toHaveLength(2)
    sayAll(upstreams[1])
    expect(accepted(await again).replayed).toBe(false)
  })

  test('tells the request that made the call, and no other, what it was charged', async () => {
    const upstream = createTestUpstream()
    const { open } = start({ ask: () => ({ ...upstream.run, charged: () => 269 }) })
    const asked = [open(key('k')), open(key('k'))]
    upstream.refuse(new ApiError('upstream_connect_timeout', { notes: { retries: 0 } }))
    const notes = (await Promise.all(asked)).map((answer) => (answer as ApiError).notes)
    expect(notes).toEqual([{ retries: 0, charged_tokens: 269 }, { retries: 0 }])
  })

  test('is the stream’s end if it comes after the grace, when the stream has an id', async () => {
    const { open, upstreams, ends } = start()
    const opened = open()
    await pass(OPENING_GRACE_MS)
    const { id, events, headers } = accepted(await opened)
    expect(headers['x-request-id']).toMatch(/^req_/)
    const text = whole({ events })
    upstreams[0]?.refuse(new ApiError('upstream_overloaded'))
    expect(await text).toMatch(/^id: 1\ndata: \{.*"code":"upstream_overloaded".*\}\n\n$/)
    await pass(0)
    expect(ends).toEqual([expect.objectContaining({ state: 'failed' })])
    expect(ends[0]?.stream.id).toBe(id)
  })
})

test('a failure in the moment in which the grace ends is told too', async () => {
  const { open, upstreams } = start()
  const opened = open()
  vi.advanceTimersByTime(OPENING_GRACE_MS)
  upstreams[0]?.refuse(new ApiError('upstream_overloaded'))
  expect(await whole(accepted(await opened))).toContain('"code":"upstream_overloaded"')
})

describe('the same request again, with the same Idempotency-Key', () => {
  test('is the same stream, while the upstream has not begun, while it talks and after that', async () => {
    const { open, upstreams } = start()
    const [first, second] = [open(key('k')), open(key('k'))]
    sayAll(upstreams[0])
    const { id, replayed, events } = accepted(await first)
    expect(replayed).toBe(false)
    const text = await whole({ events })
    for (const again of [await second, await open(key('k'))]) {
      const opened = accepted(again)
      expect(opened).toMatchObject({ id, replayed: true, headers: {} })
      expect(await whole(opened)).toBe(text)
    }
    const resumed = accepted(await open({ ...key('k'), after: 3 }))
    expect(await whole(resumed)).toBe(text.slice(text.indexOf('id: 4\n')))
    expect(upstreams).toHaveLength(1)
  })

  test('with another body is refused; with another key it is another stream', async () => {
    const { open, begin, upstreams } = start()
    const { id } = await begin(key('k'))
    expect(await open(key('k', 'other hash'))).toMatchObject({ code: 'idempotency_key_reused', status: 422 })
    expect(upstreams).toHaveLength(1)
    expect((await begin(key('l'))).id).not.toBe(id)
  })

  test('opens a new stream if the first one has expired', async () => {
    const { begin, upstreams, journal } = start()
    const { id, events } = await begin(key('k'))
    sayAll(upstreams[0])
    await whole({ events })
    await pass(KEEPING.kept)
    expect(journal.expire(Date.now())).toBeUndefined()
    const again = await begin(key('k'))
    expect([again.id === id, again.replayed]).toEqual([false, false])
  })

  test('ignores the cursor if it is the first', async () => {
    const { begin, upstreams } = start()
    const { events } = await begin({ ...key('k'), after: 7 })
    sayAll(upstreams[0])
    expect(await whole({ events })).toMatch(/^id: 1\n/)
  })
})

describe('a stream that is stopped', () => {
  test('ends for all its readers, and its call with it; its events are kept', async () => {
    const { begin, streams, upstreams, ends } = start()
    const { id, events } = await begin()
    upstreams[0]?.say(delta('half'))
    const other = accepted(streams.follow(id, 1))
    const texts = [whole({ events }), whole(other)]
    await pass(0)
    expect(await streams.stop(id)).toBeUndefined()
    expect(upstreams[0]?.aborted).toMatchObject({ code: 'caller_left' })
    const [text = '', rest] = await Promise.all(texts)
    expect(text).toContain('half')
    expect(text).toContain('"state":"stopped"')
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
    expect(rest).toBe(text.slice(text.indexOf('id: 2\n')))
    expect(await whole(accepted(streams.follow(id, 0)))).toBe(text)
    expect(ends).toEqual([expect.objectContaining({ state: 'stopped' })])
    expect(await streams.stop(id)).toBeUndefined()
    expect(ends).toHaveLength(1)
  })

  test('ends before its first byte too, also for a request with the same key', async () => {
    const { open, streams, upstreams } = start()
    const opened = open(key('k'))
    await pass(OPENING_GRACE_MS)
    const { id, events } = accepted(await opened)
    const waiting = open(key('k'))
    await streams.stop(id)
    expect(upstreams[0]?.aborted).toBeDefined()
    expect(await whole({ events })).toContain('"state":"stopped"')
    expect(await whole(accepted(await waiting))).toContain('"state":"stopped"')
  })

  test('is not found if it never existed', async () => {
    const { streams } = start()
    expect(await streams.stop('str_unknown')).toMatchObject({ code: 'stream_not_found', status: 404 })
    expect(streams.follow('str_unknown', 0)).toMatchObject({ code: 'stream_not_found' })
  })
})

describe('a caller may have', () => {
  test(`${MAX_RUNNING_STREAMS} running streams, and one more when one has ended`, async () => {
    const { begin, open, upstreams, streams } = start()
    const first = await begin(key('k'))
    for (let i = 1; i < MAX_RUNNING_STREAMS; i++) await begin()
    expect(streams.size).toBe(MAX_RUNNING_STREAMS)
    expect(await open()).toMatchObject({ code: 'too_many_streams', status: 429 })
    expect(upstreams).toHaveLength(MAX_RUNNING_STREAMS)
    // What is there already is no new one.
    expect(accepted(await open(key('k'))).id).toBe(first.id)
    await streams.stop(first.id)
    await begin()
    expect(await open()).toMatchObject({ code: 'too_many_streams' })
  })

  test('running streams with so many bytes of requests, and more when one has ended', async () => {
    const { begin, open, streams } = start()
    const large = { bytes: new Uint8Array(MAX_IN_FLIGHT_BYTES / 2) }
    const first = await begin(large)
    await begin(large)
    expect(await open()).toMatchObject({ code: 'too_many_streams', status: 429 })
    await streams.stop(first.id)
    await begin()
    expect(await open(large)).toMatchObject({ code: 'too_many_streams' })
  })

  test('no more running streams, also if the last place was taken while tokens were reserved', async () => {
    const putAside = Promise.withResolvers<void>()
    const last = [admitted(), admitted()]
    const { begin, open, upstreams, streams } = start({
      admit({ limits, reservation }) {
        const one = last.find(({ ticket }) => ticket.id === reservation.id)
        return one && limits ? putAside.promise.then(() => one) : admitted()
      },
    })
    for (let i = 1; i < MAX_RUNNING_STREAMS; i++) await begin()
    const limits = { tokensPerDay: 1000, concurrency: undefined, sliced: false }
    const reservations = last.map(({ ticket: { id } }) => ({ id, prompt: 7, output: 100, expiresAt: 1 }))
    const asked = reservations.map((reservation) => open({ limits, reservation }))
    putAside.resolve()
    await pass(0)
    upstreams.at(-1)?.say(role())
    const answers = await Promise.all(asked)
    expect(answers.filter((answer) => answer instanceof ApiError)).toEqual([
      expect.objectContaining({ code: 'too_many_streams' }),
    ])
    expect([streams.size, upstreams.length]).toEqual([MAX_RUNNING_STREAMS, MAX_RUNNING_STREAMS])
    expect(last.map(({ settled }) => settled).toSorted(), 'its tokens are free again').toEqual([[], [0]])
  })

  test(`${MAX_KEPT_STREAMS} kept streams`, async () => {
    const { begin, open, journal } = start()
    const serials = Array.from(
      { length: MAX_KEPT_STREAMS },
      () => journal.begin(newStream({ serial: journal.takeSerial() })).serial,
    )
    expect(await open()).toMatchObject({ code: 'too_many_streams' })
    for (const serial of serials.slice(0, 2)) journal.forget(serial)
    await begin()
    await begin()
    expect(await open()).toMatchObject({ code: 'too_many_streams' })
  })
})

test.each([
  ['upstream_unreachable', undefined, 0],
  ['upstream_truncated', 40, 40],
] as const)('a call that ends as %s before there is a stream is settled at %s', async (code, cost, used) => {
  const admission = admitted()
  const { open, upstreams } = start({ admit: () => admission })
  const opened = open()
  if (upstreams[0]) upstreams[0].run.charged = () => cost
  upstreams[0]?.refuse(new ApiError(code))
  expect(await opened).toMatchObject({ code })
  await pass(0)
  expect(admission.settled).toEqual([used])
})

describe('a journal that fails', () => {
  test('at the beginning ends the call', async () => {
    const { open, sql, upstreams, streams } = start()
    sql.fails = () => true
    await expect(open()).rejects.toThrow('disk I/O error')
    expect(upstreams[0]).toMatchObject({ aborted: { code: 'caller_left' }, finished: true })
    expect(streams.size).toBe(0)
  })

  test('in the middle is told to the object, and to a waiting stop', async () => {
    const { begin, sql, streams, upstreams, onBroken, ends } = start()
    const { id } = await begin()
    sql.fails = (statement) => statement.startsWith('UPDATE')
    const stopped = streams.stop(id)
    await expect(stopped).rejects.toThrow('disk I/O error')
    expect(upstreams[0]).toMatchObject({ finished: true })
    expect(onBroken).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ message: 'disk I/O error' }))
    expect(ends).toEqual([])
  })
})

test('an account that fails is no failure of the journal: the other streams go on', async () => {
  const onEnd = vi.fn(() => {
    throw new TypeError('not a count')
  })
  const told = vi.spyOn(console, 'error').mockReturnValue()
  const { begin, streams, upstreams, onBroken } = start({ onEnd })
  const { events } = await begin()
  const other = await begin()
  sayAll(upstreams[0])
  expect(await whole({ events })).toContain('"state":"done"')
  await pass(0)
  expect(onEnd).toHaveBeenCalledOnce()
  expect(told).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ message: 'not a count' }))
  expect(onBroken).not.toHaveBeenCalled()
  expect(streams.size).toBe(1)
  sayAll(upstreams[1])
  expect(await whole(other)).toContain('"state":"done"')
})

test('a probe writes something that is no event, and nothing for an unknown or ended stream', async () => {
  const { begin, streams } = start()
  const { id, events } = await begin()
  const reading = read(events as ReadableStream<Uint8Array>)
  await reading.next()
  const next = reading.next()
  await pass(0)
  streams.probe(id)
  expect(await next).toMatch(/^:.*\n$/)
  streams.probe('str_unknown')
  await streams.stop(id)
  streams.probe(id)
  expect(await reading.rest()).toContain('[DONE]')
})

test('no timer and no reader is left when all streams have ended', async () => {
  const { begin, open, upstreams, streams } = start()
  const first = await begin()
  const { events } = await begin()
  const refused = open()
  upstreams[2]?.refuse(new ApiError('upstream_refused'))
  await refused
  await streams.stop(first.id)
  await pass(FLUSH_MS)
  upstreams[1]?.say(DONE_EVENT)
  await whole({ events })
  await pass(0)
  expect(vi.getTimerCount()).toBe(0)
  expect(streams.size).toBe(0)
})
