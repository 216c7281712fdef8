import { setTimeout } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { cut, end, hang, head, inOrder, reset, send, wait } from './script.ts'
import { answer, begun, bytes, failing } from './scripts.ts'
import { answerEvents, DONE_EVENT, delta } from './sse.ts'
import { startUpstream, type Upstream } from './upstream.ts'

let upstream: Upstream

beforeAll(async () => {
  upstream = await startUpstream()
})
afterEach(() => upstream.clear())
afterAll(() => upstream.stop())

const ask = (request: object = { stream: true }, signal?: AbortSignal) =>
  fetch(`${upstream.url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify(request),
    ...(signal === undefined ? {} : { signal }),
  })

describe('answers', () => {
  test('as asked, when it was told nothing', async () => {
    expect(await (await ask()).text()).toBe(answerEvents(['Hello', ',', ' world', '!']).join(''))
    expect(await (await ask({})).json()).toMatchObject({
      choices: [{ message: { content: 'Hello, world!' } }],
    })
    expect((await fetch(`${upstream.url}/v1/models`)).status).toBe(200)
    expect((await fetch(`${upstream.url}/elsewhere`)).status).toBe(404)
  })

  test('in the order of the queue, then by model', async () => {
    upstream.when('known', failing(418))
    upstream.next(failing(500), failing(503))
    const statuses: number[] = []
    for (const model of ['known', 'known', 'known', 'other']) statuses.push((await ask({ model })).status)
    expect(statuses).toEqual([500, 503, 418, 200])
  })

  test('with usage when asked for it', async () => {
    upstream.next(answer(['a']))
    expect(await (await ask({ stream: true, stream_options: { include_usage: true } })).text()).toContain(
      '"usage"',
    )
  })
})

test('remembers what it was asked', async () => {
  await (await ask({ model: 'm', messages: [] })).text()
  expect(upstream.calls).toHaveLength(1)
  expect(upstream.calls[0]).toMatchObject({
    method: 'POST',
    path: '/v1/chat/completions',
    request: { model: 'm', messages: [] },
    closedAt: undefined,
  })
  expect(upstream.calls[0]?.body.toString()).toBe('{"model":"m","messages":[]}')
})

test('sends each chunk when it says so, and the next only later', async () => {
  upstream.next(answer(['a', 'b'], 50))
  const arrivals: number[] = []
  for await (const _ of (await ask()).body ?? []) arrivals.push(performance.now())
  const sent = upstream.calls[0]?.sent.map(({ at }) => at) ?? []
  expect(arrivals).toHaveLength(sent.length)
  arrivals.forEach((at, i) => {
    expect(at).toBeGreaterThanOrEqual(sent[i] ?? Number.POSITIVE_INFINITY)
    expect(at).toBeLessThan(sent[i + 1] ?? Number.POSITIVE_INFINITY)
  })
})

test.each([1, 7, 1000])('delivers the same bytes in pieces of %i', async (size) => {
  const whole = Buffer.from(`${delta('ünï 🎉')}${DONE_EVENT}`)
  upstream.next(bytes(whole, size))
  expect(Buffer.from(await (await ask()).arrayBuffer())).toEqual(whole)
  expect(upstream.calls[0]?.sent.length).toBe(Math.ceil(whole.length / size))
})

describe('breaks off', () => {
  test.each([
    ['cut', cut],
    ['reset', reset],
  ])('%s: the reader has what came, then an error', async (_, how) => {
    upstream.next(inOrder(begun([delta('half')]), wait(20), how))
    const parts: Uint8Array[] = []
    await expect(async () => {
      for await (const part of (await ask()).body ?? []) parts.push(part)
    }).rejects.toThrow()
    expect(Buffer.concat(parts).toString()).toBe(delta('half'))
    await upstream.until(({ open }) => open === 0)
  })

  test('a clean end is none', async () => {
    upstream.next(inOrder(begun([delta('half')]), end))
    expect(await (await ask()).text()).toBe(delta('half'))
  })

  test('before the head', async () => {
    upstream.next(reset)
    await expect(ask()).rejects.toThrow()
  })
})

describe('is slow', () => {
  test('before the head', async () => {
    upstream.next(hang)
    await expect(ask({}, AbortSignal.timeout(50))).rejects.toThrow()
  })

  test('after the head', async () => {
    upstream.next(inOrder(head(200), hang))
    const response = await ask()
    expect(response.status).toBe(200)
    const reader = response.body?.getReader()
    expect(await Promise.race([reader?.read(), setTimeout(50, 'nothing')])).toBe('nothing')
    await reader?.cancel()
  })
})

test('knows who left, and when', async () => {
  upstream.next(inOrder(begun([delta('half')]), hang))
  const caller = new AbortController()
  await ask({ stream: true }, caller.signal)
  const call = await upstream.call(1)
  expect(upstream.open).toBe(1)
  expect(call.closedAt).toBeUndefined()
  const left = performance.now()
  caller.abort()
  await call.over
  expect((call.closedAt ?? 0) - left).toBeLessThan(1000)
  await upstream.until(({ open }) => open === 0)
})

test('refuses connections and takes them again', async () => {
  await upstream.refuse()
  await expect(ask()).rejects.toThrow('fetch failed')
  await upstream.accept()
  expect((await ask()).status).toBe(200)
})

test('reports a script that fails', async () => {
  upstream.next(() => {
    throw new TypeError('no such step')
  })
  await expect(ask()).rejects.toThrow()
  await expect(upstream.clear()).rejects.toThrow('A script failed.')
})

test('a chunk sent twice is two chunks', async () => {
  upstream.next(inOrder(head(200), send('a', 'a'), end))
  expect(await (await ask()).text()).toBe('aa')
})
