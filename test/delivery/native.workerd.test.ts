import { describe, expect, test, vi } from 'vitest'
import { pipeNative } from '../../worker/delivery/native.ts'
import { watch } from '../../worker/delivery/watch.ts'
import { ApiError } from '../../worker/errors.ts'
import { chatCompletions } from '../../worker/formats/chat-completions/chat-completions.ts'
import { READER_STALL_MS, TAP_INTERVAL_MS } from '../../worker/limits.ts'
import { toBytes } from '../../worker/protocol/encode.ts'
import { errorInStream } from '../../worker/upstreams/refusal.ts'
import { asker } from '../support/an-upstream.ts'

const CHUNK = 'data: {"id":"c","choices":[{"index":0,"delta":{"content":"ü"}}]}\n\n'
const DONE = 'data: [DONE]\n\n'

/** A source of which the test is the upstream. */
function open(first = CHUNK, silenceMs = 60_000) {
  let upstream!: ReadableByteStreamController
  const readable = new ReadableStream({
    type: 'bytes',
    start(controller) {
      upstream = controller
    },
  })
  const call = new AbortController()
  const abort = vi.fn((reason: ApiError) => {
    call.abort(reason)
    // As the branches of a body of `fetch` do, these keep what has come.
    setTimeout(() => upstream.error(reason))
  })
  const seen: string[] = []
  const decoder = new TextDecoder()
  const watched = watch({
    first: toBytes(first),
    rest: readable,
    format: chatCompletions,
    abort,
    silenceMs,
    observe: (bytes) => seen.push(decoder.decode(bytes, { stream: true })),
  })
  const piped = pipeNative({
    first: toBytes(first),
    format: chatCompletions,
    watched,
    signal: call.signal,
    abort,
    errorOf: (wire) => errorInStream(wire, asker),
  })
  return { ...piped, upstream, abort, seen: () => seen.join('') }
}

const read = (body: ReadableStream) => new Response(body).text()

describe('a stream that its upstream ended', () => {
  test.each([
    ['with [DONE], byte for byte', `${CHUNK}: comment\n\n${DONE}`, '', 'done'],
    ['with an error, byte for byte', 'event: error\ndata: {"message":"m"}\n\n', '', 'failed'],
    ['with [DONE] but no blank line, gets that', 'data: [DONE]', '\n\n', 'done'],
  ])('is delivered if it ends %s', async (_, rest, added, end) => {
    const { body, ended, upstream, seen } = open()
    const text = read(body)
    upstream.enqueue(toBytes(rest))
    upstream.close()
    expect(await text).toBe(CHUNK + rest + added)
    expect(await ended).toMatchObject({ state: end, bytes: toBytes(CHUNK + rest).length })
    expect(seen()).toBe(CHUNK + rest)
  })
})

describe('a stream that its upstream left unfinished ends with an error', () => {
  const lastEvent = (text: string) => JSON.parse(text.split('\n\n').at(-2)?.replace('data: ', '') ?? '')

  test.each([
    ['between two events', CHUNK],
    ['inside an event', CHUNK.slice(0, 50)],
    ['inside a character', toBytes(CHUNK).slice(0, toBytes(CHUNK).indexOf(0xc3) + 1)],
  ])('a stream that ended %s', async (_, rest) => {
    const { body, ended, upstream } = open()
    const text = read(body)
    upstream.enqueue(typeof rest === 'string' ? toBytes(rest) : rest)
    upstream.close()
    expect(lastEvent(await text)).toMatchObject({ error: { code: 'upstream_truncated' } })
    expect(await ended).toMatchObject({ state: 'truncated' })
  })

  test('a stream that broke off', async () => {
    const { body, ended, upstream } = open()
    const text = read(body)
    upstream.enqueue(toBytes(CHUNK))
    upstream.error(new Error('reset'))
    expect(lastEvent(await text)).toMatchObject({ error: { code: 'upstream_truncated' } })
    expect(await ended).toMatchObject({ state: 'truncated' })
  })

  test('a stream that fell silent', async () => {
    const { body, ended, abort } = open(CHUNK, 30)
    const text = await read(body)
    expect(text.startsWith(CHUNK)).toBe(true)
    expect(lastEvent(text)).toMatchObject({ error: { code: 'upstream_silence_timeout' } })
    expect(await ended).toMatchObject({ state: 'failed' })
    expect(abort).toHaveBeenCalledOnce()
  })

  test('a stream that broke off after [DONE] is whole', async () => {
    const { body, ended, upstream } = open()
    const reader = body.getReader()
    await reader.read()
    upstream.enqueue(toBytes(DONE))
    expect(new TextDecoder().decode((await reader.read()).value)).toBe(DONE)
    upstream.error(new Error('reset'))
    expect(await reader.read()).toMatchObject({ done: true })
    expect(await ended).toMatchObject({ state: 'done' })
  })
})

test('[DONE] ends the call of an upstream that stays open', async () => {
  const { body, ended, upstream, abort } = open()
  const text = read(body)
  upstream.enqueue(toBytes(DONE))
  expect(await text).toBe(CHUNK + DONE)
  expect(await ended).toMatchObject({ state: 'done' })
  expect(abort).toHaveBeenCalled()
})

test('a caller that leaves ends the upstream call', async () => {
  const { body, ended, upstream, abort } = open()
  const reader = body.getReader()
  await reader.read()
  await reader.cancel()
  upstream.enqueue(toBytes(CHUNK))
  expect(await ended).toMatchObject({ state: 'stopped' })
  expect(abort.mock.calls[0]?.[0]).toMatchObject({ code: 'caller_left' })
})

describe('a body that nothing reads', () => {
  test('is given up as soon as its caller leaves', async () => {
    const { ended, abort } = open()
    abort(new ApiError('caller_left'))
    expect(await ended).toMatchObject({ state: 'stopped' })
  })

  test.each([
    ['done', DONE],
    ['stopped', CHUNK],
  ])('keeps its account open for no longer than a stalled reader may: %s', async (state, rest) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const { ended, upstream } = open()
      upstream.enqueue(toBytes(rest))
      upstream.close()
      await vi.advanceTimersByTimeAsync(TAP_INTERVAL_MS)
      await vi.advanceTimersByTimeAsync(READER_STALL_MS)
      expect(await ended).toMatchObject({ state, bytes: toBytes(CHUNK + rest).length })
    } finally {
      vi.useRealTimers()
    }
  })
})

test('a chunk is passed on while the next is not there yet', async () => {
  const { body, upstream } = open()
  const reader = body.getReader()
  const next = async () => new TextDecoder().decode((await reader.read()).value)
  expect(await next()).toBe(CHUNK)
  for (const text of ['data: 1\n\n', 'data: 2\n\n', 'da']) {
    upstream.enqueue(toBytes(text))
    expect(await next()).toBe(text)
  }
})
