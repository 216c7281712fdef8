/** Whatever the upstream does, the caller is told, nothing hangs, and the Worker goes on. */
import OpenAI, { APIError } from 'openai'
import { afterAll, describe, expect, test } from 'vitest'
import { ask, askStream, chat, dataOf, lastError, QUESTION, receive, refusal } from '../support/caller.ts'
import { openStream } from '../support/gate.ts'
import { useHouse } from '../support/house.ts'
import { cut, end, head, inOrder, reset, type Script, send, wait } from '../support/script.ts'
import { begun, bytes, events, failing, json, page, streamHead } from '../support/scripts.ts'
import { answerEvents, chunk, delta, errorForms, event, finish, role } from '../support/sse.ts'
import { startUpstream } from '../support/upstream.ts'

const house = useHouse()

/** Queues a script for the first attempt and each retry. */
const always = (script: Script) => house.upstream.next(script, script, script)

afterAll(async () => {
  expect(await (await askStream(house.url)).text(), 'the call after all of these').toContain('[DONE]')
})

/** Asks with OpenAI's SDK; the content that came, and what was thrown. */
async function read(model: string): Promise<{ text: string; thrown: unknown }> {
  const openai = new OpenAI({
    baseURL: `${house.url}/v1`,
    apiKey: 'anything',
    maxRetries: 0,
    logLevel: 'off',
  })
  let text = ''
  try {
    const messages = [{ role: 'user' as const, content: 'Say hello.' }]
    for await (const { choices } of await openai.chat.completions.create({ model, messages, stream: true })) {
      text += choices?.[0]?.delta?.content ?? ''
    }
  } catch (thrown) {
    return { text, thrown }
  }
  return { text, thrown: undefined }
}

describe('an answer cut off after any number of bytes', () => {
  const CONTENT = 'aé🎉 "b"\\\n'
  const whole = Buffer.from(
    `: comment\n\nid: 1\n${delta(CONTENT)}${event({
      ...chunk({}, { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
      usage: { prompt_tokens: 1.5e3, ok: true, none: null, list: [1, { a: [] }] },
    })}data: [DONE]\n\n`,
  )
  /** From here on the answer is whole: only the framing of `[DONE]` may be missing. */
  const DONE_AT = whole.lastIndexOf('[DONE]') + '['.length
  const cuts = Array.from({ length: whole.length - 1 }, (_, i) => i + 1)

  test.each<[string, Script]>([
    ['cleanly', end],
    ['by a closed connection', cut],
  ])(
    '%s',
    async (_, how) => {
      house.upstream.when(({ request }) => {
        const at = Number(request.model)
        return inOrder(streamHead(), send(whole.subarray(0, at)), how)
      })
      const outcomes = new Map<number, { text: string; thrown: unknown }>()
      const left = cuts.values()
      const readers = Array.from({ length: 12 }, async () => {
        for (const at of left) outcomes.set(at, await read(String(at)))
      })
      await Promise.all(readers)

      for (const at of cuts) {
        const { text, thrown } = outcomes.get(at) ?? {}
        const where = `cut at ${at}: …${whole.subarray(0, at).toString().slice(-30)}`
        expect(CONTENT.startsWith(text?.replace(/\ufffd$/, '') ?? '?'), where).toBe(true)
        if (at < DONE_AT) {
          expect(thrown, where).toBeInstanceOf(APIError)
          expect(thrown, where).toMatchObject({ code: 'upstream_truncated' })
        } else {
          // `[DONE]` itself was begun: the answer is whole, whether or not the SDK says that its end was odd.
          expect(text, where).toBe(CONTENT)
        }
      }
    },
    60_000,
  )
})

describe('the end of a broken stream', () => {
  const half = [role(), delta('half')]

  test.each<[string, Script]>([
    ['closes', cut],
    ['is reset', inOrder(wait(50), reset)],
    ['ends', end],
  ])(
    'one that %s between events: all that came, then a frame with the error, and no [DONE]',
    async (_, how) => {
      house.upstream.next(inOrder(begun(half), how))
      const { text, error } = await receive(await askStream(house.url))
      expect(error).toBeUndefined()
      expect(text.startsWith(half.join(''))).toBe(true)
      expect(dataOf(text).slice(half.length)).toEqual([
        JSON.stringify({
          error: {
            message: 'The upstream ended before the answer was complete.',
            type: 'server_error',
            param: null,
            code: 'upstream_truncated',
          },
        }),
      ])
    },
  )

  test.each<[string, Script]>([
    ['closes', cut],
    ['is reset', inOrder(wait(50), reset)],
    ['ends', end],
  ])('one that %s inside an event: its half is completed, with the error beside it', async (_, how) => {
    const [first, second] = [role(), delta('half of it')]
    const came = first + second.slice(0, second.indexOf(' of it'))
    house.upstream.next(inOrder(begun([came]), how))
    const { text } = await receive(await askStream(house.url))
    expect(text.startsWith(came)).toBe(true)
    expect(dataOf(text)).toHaveLength(2)
    expect(JSON.parse(dataOf(text)[1] ?? '')).toMatchObject({
      choices: [{ delta: { content: 'half' } }],
      error: { code: 'upstream_truncated' },
    })
  })

  test.each<[string, Script]>([
    ['closes', cut],
    ['ends', end],
  ])('one that %s inside a character', async (_, how) => {
    const came = Buffer.from(delta('x🎉'))
    house.upstream.next(inOrder(streamHead(), send(role(), came.subarray(0, came.indexOf('🎉') + 2)), how))
    const { text } = await receive(await askStream(house.url))
    expect(JSON.parse(dataOf(text)[1] ?? '')).toMatchObject({
      choices: [{ delta: { content: expect.stringMatching(/^x/) } }],
      error: { code: 'upstream_truncated' },
    })
  })

  test.each(Object.entries(errorForms))('%s: passes as it came, and nothing is added', async (_, form) => {
    for (const how of [end, cut]) {
      house.upstream.next(inOrder(begun([...half, form]), how))
      expect((await receive(await askStream(house.url))).text).toBe([...half, form].join(''))
    }
  })

  test('a finish_reason twice is a whole answer', async () => {
    const stream = [...half, finish(), finish(), 'data: [DONE]\n\n']
    house.upstream.next(events(stream))
    expect(await (await askStream(house.url)).text()).toBe(stream.join(''))
  })

  test('one that closes after [DONE] is a whole answer', async () => {
    house.upstream.next(inOrder(begun(answerEvents(['whole'])), cut))
    expect(await (await askStream(house.url)).text()).toBe(answerEvents(['whole']).join(''))
  })

  test('plain text breaks off, after what came', async () => {
    for (const how of [end, cut, inOrder(wait(50), reset)]) {
      house.upstream.next(inOrder(begun([delta('half')]), how))
      const { text, error } = await receive(await chat(house.url))
      expect(text).toBe('half')
      expect(error).toBeInstanceOf(Error)
    }
  })

  test.each(Object.entries(errorForms))('%s breaks plain text off too', async (_, form) => {
    house.upstream.next(events([delta('half'), form]))
    const { text, error } = await receive(await chat(house.url))
    expect(text).toBe('half')
    expect(error).toBeInstanceOf(Error)
  })

  test('an unstreamed answer that breaks off is an error', async () => {
    const broken = inOrder(head(200, { 'content-type': 'application/json' }), send('{"choices":[{"mess'), cut)
    always(broken)
    const response = await ask(house.url)
    expect(response.status).toBe(502)
    expect(await refusal(response)).toMatchObject({ code: 'upstream_truncated' })
    // The model has answered once; asking again would be paid again.
    expect(house.upstream.calls).toHaveLength(1)
  })
})

test('a head, and then a reset: the model was at work, and is not asked again', async () => {
  for (const call of [askStream, chat, openStream]) {
    always(inOrder(streamHead(), wait(50), reset))
    const response = await call(house.url)
    expect(response.status).toBe(502)
    expect(await response.text()).toContain('upstream_truncated')
    expect(house.upstream.calls).toHaveLength(1)
    await house.upstream.clear()
  }
})

describe('what the upstream says about the request is passed on', () => {
  test.each([400, 404, 422])('%i: status, message, param, code and the headers of OpenAI', async (status) => {
    const headers = {
      'x-request-id': 'req_9',
      'x-ratelimit-remaining-tokens': '17',
      'x-should-retry': 'false',
    }
    const error = { message: 'No such thing: café.', type: 'some_type', param: 'messages[0]', code: 'odd' }
    for (const stream of [true, false]) {
      house.upstream.next(failing(status, error, headers))
      const response = await ask(house.url, { ...QUESTION, stream })
      expect(response.status).toBe(status)
      expect(Object.fromEntries(response.headers)).toMatchObject(headers)
      expect(await response.json()).toEqual({ error })
    }
  })

  test('as one line of plain text at /chat', async () => {
    house.upstream.next(failing(400, { message: 'Too\nlong.' }))
    const response = await chat(house.url)
    expect(response.status).toBe(400)
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(await response.text()).toMatch(/^[^\n{]*Too long\.[^\n]*\n?$/)
  })

  test.each<[string, Script]>([
    ['HTML', page('<html>nginx/1.25 at 10.0.0.7</html>', 'text/html', 400)],
    ['nothing', page('', 'application/json', 400)],
    ['other JSON', json({ at: '10.0.0.7' }, { status: 422 })],
    ['a list', json([], { status: 400 })],
    ['binary', page(Uint8Array.of(0, 255, 254, 0), 'application/octet-stream', 404)],
  ])('%s in place of an envelope: the status, in our words', async (_, script) => {
    house.upstream.next(script)
    const response = await askStream(house.url)
    expect([400, 404, 422]).toContain(response.status)
    const text = await response.text()
    expect(text).not.toMatch(/nginx|10\.0\.0\.7/)
    expect(JSON.parse(text)).toEqual({
      error: {
        message: expect.stringMatching(/\w/),
        type: expect.any(String),
        param: null,
        code: expect.any(String),
      },
    })
  })

  test.each([401, 403])('but not why it refuses us: %i', async (status) => {
    house.upstream.next(
      failing(status, { message: 'Incorrect API key provided: sk-te…', code: 'invalid_api_key' }),
      failing(status, { message: 'Incorrect API key provided: sk-te…', code: 'invalid_api_key' }),
    )
    for (const stream of [true, false]) {
      const response = await ask(house.url, { ...QUESTION, stream })
      expect(response.status).toBe(502)
      const text = await response.text()
      expect(JSON.parse(text)).toMatchObject({ error: { code: 'upstream_refused', type: 'server_error' } })
      expect(text).not.toMatch(/API key|sk-/)
    }
  })
})

describe('garbage', () => {
  const noise = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256)

  test.each<[string, Script]>([
    ['HTML with status 200', page('<html>It works!</html>', 'text/html')],
    ['nothing at all', page('', 'text/html')],
    ['JSON that is none', page('{"choices":', 'application/json')],
  ])('%s: 502, and none of it passes', async (_, script) => {
    for (const stream of [true, false]) {
      always(script)
      const response = await ask(house.url, { ...QUESTION, stream })
      expect(response.status).toBe(502)
      const text = await response.text()
      expect(JSON.parse(text)).toMatchObject({ error: { type: 'server_error' } })
      expect(text).not.toContain('It works')
      await house.upstream.clear()
    }
  })

  test('binary in an event stream: passes, and ends with the error', async () => {
    house.upstream.next(bytes(noise, 100))
    const received = Buffer.from(await (await askStream(house.url)).arrayBuffer())
    expect(received.subarray(0, noise.length).equals(noise)).toBe(true)
    expect(lastError(received.subarray(noise.length).toString())).toMatchObject({
      code: 'upstream_truncated',
    })
  })

  test('binary in an event stream: no plain text', async () => {
    house.upstream.next(bytes(noise, 100))
    const response = await chat(house.url)
    const { text, error } = await receive(response)
    expect(response.status >= 500 || error instanceof Error, `${response.status} ${text}`).toBe(true)
  })

  test('a line without end: the caller has its bytes, and then the error', async () => {
    const line = Buffer.from(`data: ${'x'.repeat(3_000_000)}`)
    house.upstream.next(bytes(line, 65536))
    const text = await (await askStream(house.url)).text()
    expect(text.startsWith(line.toString())).toBe(true)
    expect(lastError(text.slice(line.length))).toMatchObject({ code: 'upstream_truncated' })
  })

  test('an event that is not JSON breaks plain text off', async () => {
    house.upstream.next(events([delta('half'), 'data: <html>\n\n', delta('more'), 'data: [DONE]\n\n'], 50))
    const { text, error } = await receive(await chat(house.url))
    expect(text).toBe('half')
    expect(error).toBeInstanceOf(Error)
  })

  test('a redirect is not followed: it would carry the key along', async () => {
    const elsewhere = await startUpstream()
    try {
      for (const status of [301, 302, 307, 308]) {
        await house.upstream.clear()
        always(inOrder(head(status, { location: `${elsewhere.url}/v1/chat/completions` }), end))
        const response = await askStream(house.url, {}, { redirect: 'manual' })
        expect(response.status).toBe(502)
        expect(response.headers.get('location')).toBeNull()
        expect(await response.text()).not.toContain(elsewhere.url)
      }
      expect(elsewhere.calls).toHaveLength(0)
    } finally {
      await elsewhere.stop()
    }
  })
})
