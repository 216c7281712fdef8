import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MAX_EVENT_BYTES, MAX_STREAM_BYTES } from '../../worker/limits.ts'
import { expectWhole } from '../protocol/expected.ts'
import { eventsOf, Following } from '../protocol/following.ts'
import { QUESTION } from '../support/caller.ts'
import { keys } from '../support/gate.ts'
import { type House, useHouse } from '../support/house.ts'
import { end, hang, inOrder, send, wait } from '../support/script.ts'
import { answer, begun, events, streamHead } from '../support/scripts.ts'
import { answerEvents, chunk, DONE_EVENT, event, numbered, role } from '../support/sse.ts'

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

/** The log's lines about streams as a whole, since the test began. */
function useLog(house: House) {
  let start = 0
  beforeEach(() => {
    start = house.logs.length
  })
  const ends = () =>
    house.logs.slice(start).filter(({ route, status }) => route === '/v1/streams' && status === 201)
  return async (count: number) => {
    await expect.poll(() => ends().length).toBeGreaterThanOrEqual(count)
    return ends()
  }
}

const { ACCESS_KEYS, callers } = keys(1)
const house = useHouse({ ACCESS_KEYS })
const ends = useLog(house)

describe('a stream that is stopped', () => {
  test('the upstream knows and its readers do, and what came is kept', async () => {
    const count = 6
    house.upstream.next(answer(numbered(2000), 10))
    const first = await (await begin(house)).take(count)
    const others = [
      await new Following(await get(house, first.id, 3)).take(1),
      new Following(await get(house, first.id)),
    ]
    const call = await house.upstream.call(1)
    expect((await stop(house, first.id)).status).toBe(204)
    await call.over
    expect(call.closedAt).toBeDefined()
    const text = await first.rest()
    const [later, whole] = await Promise.all(others.map((other) => other.rest()))
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
  })
})

describe('a reader that leaves stops nothing', () => {
  test.each(['while the upstream has not even answered', 'while its first byte is on the way'])(
    'and %s: the same request has the whole answer',
    async (when) => {
      const tokens = numbered(3)
      const words = inOrder(send(...answerEvents(tokens)), end)
      const left = Promise.withResolvers<void>()
      const held = () => left.promise
      house.upstream.next(
        when.startsWith('while its')
          ? inOrder(streamHead(), held, words)
          : inOrder(held, streamHead(), words),
      )
      const headers = { 'idempotency-key': crypto.randomUUID() }
      const caller = new AbortController()
      const leaving = open(house, { signal: caller.signal, headers }).catch((error: unknown) => error)
      const call = await house.upstream.call(1)
      await new Promise((resolve) => setTimeout(resolve, 200))
      caller.abort()
      expect(await leaving).toBeInstanceOf(Error)
      const asked = begin(house, { headers })
      left.resolve()
      const again = await asked
      expect(again.response.headers.get('idempotent-replayed')).toBe('true')
      expectWhole(await again.rest(), answerEvents(tokens).slice(0, -1))
      expect(call.closedAt).toBeUndefined()
      expect(house.upstream.calls).toHaveLength(1)
    },
  )
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
  const filler = event(
    chunk({}, { choices: [{ index: 0, delta: {}, logprobs: 'x'.repeat(MAX_EVENT_BYTES / 2) }] }),
  )
  const tooMany = Array<string>(Math.ceil(MAX_STREAM_BYTES / filler.length) + 1).fill(filler)

  test.each<[string, string[], string, object]>([
    ['is too long', [role(), ...tooMany], 'failed', { code: 'stream_too_long' }],
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
      await call.over
      const last = JSON.parse(eventsOf(text).at(-1)?.data ?? '')
      expect(last).toMatchObject({ millrace: { state }, error })
      expect((await ends(1))[0]).toMatchObject({ end: state, prompt_tokens: expect.any(Number) })
    },
  )
})

describe('200 streams of one key at once', () => {
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
        const headers = { ...JSON_TYPE, ...callers[0] }
        const places = [3 + (index % 7), 14 + (index % 11), 28 + (index % 13)]
        const first = await readUpTo(`${house.url}/v1/streams`, { method: 'POST', body, headers }, places[0])
        let text = first.text
        for (const at of [...places.slice(1), undefined]) {
          const headers = { ...callers[0], 'last-event-id': /.*id: (\d+)\n/s.exec(text)?.[1] ?? '' }
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
  })

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
