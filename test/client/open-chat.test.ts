import { describe, expect, test } from 'vitest'
import { ChatError } from '../../client/stream/chat-error.ts'
import { openChat } from '../../client/stream/open-chat.ts'
import { withdraw } from '../../client/stream/withdraw.ts'
import { splits } from '../support/events.ts'
import { bodyOf, bytes, event, fetchOf, streamed } from './bodies.ts'

const URL = 'http://127.0.0.1/v1/chat/completions'
const QUESTION = { messages: [{ role: 'user' as const, content: 'Why?' }] }
const FRAME =
  'data: {"error":{"message":"Broke.","type":"server_error","param":null,"code":"upstream_truncated"}}\n\n'

/** Reads an answer to its end: what it said, and how it ended. */
async function readAnswer(parts: Uint8Array[], ends: 'close' | 'reset' = 'close') {
  const { fetch } = fetchOf(streamed(bodyOf(parts, ends).body, { 'x-request-id': 'r-1' }))
  let text = ''
  try {
    for await (const chunk of openChat(URL, QUESTION, { fetch }))
      text += chunk.choices[0]?.delta.content ?? ''
    return { text, error: undefined }
  } catch (error) {
    if (!(error instanceof ChatError)) throw error
    return { text, error }
  }
}

describe('an answer, at every split', () => {
  const said = 'é水🎉'
  const whole = `\uFEFF: beat\n\n${event('é')}${event('水').replaceAll('\n', '\r\n')}${event('🎉')}`

  test('that is whole', async () => {
    for (const parts of splits(bytes(`${whole}data: [DONE]\r\n\r\n`))) {
      expect(await readAnswer(parts)).toEqual({ text: said, error: undefined })
    }
  })

  test('that ends without [DONE]', async () => {
    for (const parts of splits(bytes(whole))) {
      const { text, error } = await readAnswer(parts)
      expect([text, error?.code, error?.status, error?.requestId]).toEqual([said, 'truncated', null, 'r-1'])
    }
  })

  test.each([
    ['an error event', FRAME],
    ['a named error event', `event: error\n${FRAME}`],
    ['an error inside a chunk', FRAME.replace('{"error"', '{"choices":[],"error"')],
  ])('that ends with %s', async (_name, frame) => {
    for (const parts of splits(bytes(whole + frame))) {
      const { text, error } = await readAnswer(parts)
      expect([text, error?.code, error?.message]).toEqual([said, 'upstream_truncated', 'Broke.'])
    }
  })

  test('whose connection breaks', async () => {
    for (const parts of splits(bytes(whole))) {
      const { text, error } = await readAnswer(parts, 'reset')
      expect([text, error?.code]).toEqual([said, 'network'])
    }
  })
})

test('an answer cut at any byte never looks whole', async () => {
  const whole = bytes(`${event('é')}${event('水')}data: [DONE]\n\n`)
  for (let cut = 0; cut < whole.length; cut++) {
    const { text, error } = await readAnswer([whole.slice(0, cut)])
    expect('é水'.startsWith(text)).toBe(true)
    expect(error?.code).toBe('truncated')
  }
})

test('the delta beside an error still counts', async () => {
  const wire = event('half').replace('"choices"', '"error":{"message":"Broke."},"choices"')
  expect(await readAnswer([bytes(wire)])).toMatchObject({ text: 'half', error: { message: 'Broke.' } })
})

test('garbage is an error that names it', async () => {
  const { text, error } = await readAnswer([bytes(`${event('a')}data: <html>\n\n`)])
  expect([text, error?.code, error?.message]).toEqual(['a', 'invalid_event', 'Not JSON: <html>'])
})

test('the request is the one given, streamed', async () => {
  const { fetch, requests } = fetchOf(streamed(bodyOf([bytes('data: [DONE]\n\n')]).body))
  const request = { ...QUESTION, seed: 7 }
  const chunks = openChat(URL, request, { fetch, headers: { authorization: 'Bearer mr_1' } })
  expect(requests).toHaveLength(0)
  expect(await Array.fromAsync(chunks)).toEqual([])
  const [sent] = requests
  expect(await sent?.json()).toEqual({ ...request, stream: true })
  expect(sent?.method).toBe('POST')
  expect(Object.fromEntries(sent?.headers ?? [])).toMatchObject({
    accept: 'text/event-stream',
    authorization: 'Bearer mr_1',
    'content-type': 'application/json',
  })
})

describe('a refusal', () => {
  const refuse = async (body: BodyInit | null, init: ResponseInit) => {
    const { fetch } = fetchOf(new Response(body, init))
    return Array.fromAsync(openChat(URL, QUESTION, { fetch })).catch((error: unknown) => error)
  }

  test('has every field of the envelope and its headers', async () => {
    const envelope = {
      error: { message: 'Slow.', type: 'requests', param: 'model', code: 'rate_limit_exceeded' },
    }
    const headers = { 'x-request-id': 'r-2', 'retry-after': '2' }
    const error = await refuse(JSON.stringify(envelope), { status: 429, headers })
    expect(error).toBeInstanceOf(ChatError)
    expect(error).toMatchObject({ ...envelope.error, status: 429, requestId: 'r-2', retryAfterMs: 2000 })
  })

  test('without an envelope keeps its status', async () => {
    const error = await refuse('<html>Bad gateway</html>', { status: 502 })
    expect(error).toMatchObject({ code: 'http_error', status: 502, retryAfterMs: null, requestId: null })
  })

  test('whose body breaks keeps its status', async () => {
    expect(await refuse(bodyOf([bytes('{"err')], 'reset').body, { status: 503 })).toMatchObject({
      status: 503,
    })
  })

  test('whose body has no end is left', async () => {
    const { body, observed } = bodyOf(Array<Uint8Array>(200).fill(bytes('x'.repeat(1024))), 'open')
    expect(await refuse(body, { status: 500 })).toMatchObject({ code: 'http_error' })
    expect(observed.cancelled).toBe(true)
  })

  test('is also a success that is no stream', async () => {
    const init = { status: 200, headers: { 'content-type': 'text/html' } }
    expect(await refuse('<html>', init)).toMatchObject({ code: 'not_a_stream', status: 200 })
  })

  test('is also an envelope that comes with status 200', async () => {
    const init = { status: 200, headers: { 'content-type': 'application/json' } }
    const body = JSON.stringify({ error: { message: 'No.', code: 'nope' } })
    expect(await refuse(body, init)).toMatchObject({ code: 'nope', message: 'No.' })
  })
})

test('a server that can not be reached is a network error with its cause', async () => {
  const cause = new TypeError('fetch failed')
  const { fetch } = fetchOf(cause)
  await expect(openChat(URL, QUESTION, { fetch }).next()).rejects.toMatchObject({ code: 'network', cause })
})

test.each<[string, string, 'close' | 'reset', string]>([
  ['a connection that breaks', '', 'reset', 'Hel'],
  ['no end', '', 'close', 'Hel'],
  ['an error of the server', FRAME, 'close', 'Hello'],
  ['its end', 'data: [DONE]\n\n', 'close', 'Hello'],
])(
  'of an answer that is shown before it is judged, %s leaves what has passed',
  async (_, end, ends, left) => {
    const body = bodyOf([bytes(event('Hello') + end)], ends).body
    const { fetch } = fetchOf(streamed(body, { 'moderation-retract-chars': '2' }))
    let text = ''
    try {
      for await (const chunk of openChat(URL, QUESTION, { fetch }))
        text = withdraw(text + (chunk.choices[0]?.delta.content ?? ''), chunk)
    } catch (error) {
      if (!(error instanceof ChatError)) throw error
    }
    expect(text).toBe(left)
  },
)
