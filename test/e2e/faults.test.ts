/** Whatever the upstream does, the caller is told, nothing hangs, and the Worker goes on. */
import { afterAll, describe, expect, test } from 'vitest'
import { ask, askStream, chat, dataOf, lastError, QUESTION, receive } from '../support/caller.ts'
import { openStream } from '../support/gate.ts'
import { useHouse } from '../support/house.ts'
import { cut, end, hang, head, inOrder, reset, type Script, wait } from '../support/script.ts'
import { begun, bytes, failing, streamHead } from '../support/scripts.ts'
import { delta, errorForms, role } from '../support/sse.ts'

const house = useHouse()

/** Queues a script for the first attempt and each retry. */
const always = (script: Script) => house.upstream.next(script, script, script)

afterAll(async () => {
  expect(await (await askStream(house.url)).text(), 'the call after all of these').toContain('[DONE]')
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

  test('one that closes inside an event: its half is completed, with the error beside it', async () => {
    const [first, second] = [role(), delta('half of it')]
    const came = first + second.slice(0, second.indexOf(' of it'))
    house.upstream.next(inOrder(begun([came]), cut))
    const { text } = await receive(await askStream(house.url))
    expect(text.startsWith(came)).toBe(true)
    expect(dataOf(text)).toHaveLength(2)
    expect(JSON.parse(dataOf(text)[1] ?? '')).toMatchObject({
      choices: [{ delta: { content: 'half' } }],
      error: { code: 'upstream_truncated' },
    })
  })

  test.each(Object.entries(errorForms))('%s: passes as it came, and nothing is added', async (_, form) => {
    for (const how of [end, cut]) {
      house.upstream.next(inOrder(begun([...half, form]), how))
      expect((await receive(await askStream(house.url))).text).toBe([...half, form].join(''))
    }
  })
})

test('a head, and then a reset: the model was at work, and is not asked again', async () => {
  for (const call of [askStream, chat, openStream, ask]) {
    always(inOrder(streamHead(), wait(50), reset))
    const response = await call(house.url)
    expect(response.status).toBe(502)
    expect(await response.text()).toContain('upstream_truncated')
    expect(house.upstream.calls).toHaveLength(1)
    await house.upstream.clear()
  }
})

test('a refusal whose body never ends: its connection is given up', async () => {
  for (const call of [askStream, openStream]) {
    house.upstream.next(inOrder(head(401), hang))
    const response = await call(house.url)
    expect([response.status, await response.text()]).toEqual([
      502,
      expect.stringContaining('upstream_refused'),
    ])
    await house.upstream.until((it) => it.open === 0)
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
})

describe('garbage', () => {
  const noise = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256)

  test('binary in an event stream: passes, and ends with the error', async () => {
    house.upstream.next(bytes(noise, 100))
    const received = Buffer.from(await (await askStream(house.url)).arrayBuffer())
    expect(received.subarray(0, noise.length).equals(noise)).toBe(true)
    expect(lastError(received.subarray(noise.length).toString())).toMatchObject({
      code: 'upstream_truncated',
    })
  })

  test('a line without end: the caller has its bytes, and then the error', async () => {
    const line = Buffer.from(`data: ${'x'.repeat(3_000_000)}`)
    house.upstream.next(bytes(line, 65536))
    const text = await (await askStream(house.url)).text()
    expect(text.startsWith(line.toString())).toBe(true)
    expect(lastError(text.slice(line.length))).toMatchObject({ code: 'upstream_truncated' })
  })
})
