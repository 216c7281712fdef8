/** What is refused: no stream comes of it, and every refusal is OpenAI's envelope. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../../worker/errors.ts'
import { answerEvents, completion, numbered, role } from '../../support/sse.ts'
import { type Asked, type Caller, errorOf, JSON_TYPE, type Known } from '../caller.ts'
import { gate, plan } from '../plan.ts'

export function refusalCases(caller: Caller): void {
  let known: Known
  beforeAll(async () => {
    known = await caller.read(plan(...answerEvents(numbered(3))))
  })

  describe('an id', () => {
    /** Ids that nobody has, of every kind: each made from one that somebody has. */
    const strangers: [string, (id: string) => string][] = [
      ['of the right form', (id) => flipped(id)],
      ['with its prefix alone', () => 'str_'],
      ['one too long', (id) => `${id}0`],
      ['of 10 KB', (id) => id + 'a'.repeat(10_240)],
      ['with a zero byte', (id) => `${id}%00`],
      ['with a slash', (id) => `${id}%2F`],
      ['that climbs', () => '..%2F..%2Fhealthz'],
      ['that is no UTF-8', () => 'str_%FF%FE'],
      ['with broken escapes', () => 'str_%E0%A4%A'],
      ['that is SQL', () => "'%20OR%20'1'='1"],
    ]

    test.each(strangers)('%s is nobody’s: the same 404 for all, byte for byte', async (_, toStranger) => {
      const id = toStranger(known.id)
      const bytes = await (await caller.get(flipped(known.id))).text()
      expect(JSON.parse(bytes)).toEqual({
        error: {
          message: expect.stringMatching(/\w+ \w+/),
          type: 'invalid_request_error',
          param: null,
          code: 'stream_not_found',
        },
      })
      for (const asked of [
        caller.get(id),
        caller.get(id, { header: '1' }),
        // Beyond the end of any stream: that there is none comes first.
        caller.get(id, { query: '999999' }),
        caller.stop(id),
      ]) {
        const response = await asked
        expect([response.status, await response.text()]).toEqual([404, bytes])
        expect(response.headers.get('content-type')).toMatch(/^application\/json/)
        expect(response.headers.get('stream-id')).toBeNull()
      }
    })

    test('that is known is not disturbed by any of that', async () => {
      expect(await caller.replay(known.id)).toBe(known.text)
    })
  })

  test('HEAD is GET without its body', async () => {
    const path = `/v1/streams/${known.id}`
    const head = await caller.reach(path, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    expect(head.headers.get('content-type')).toMatch(/^text\/event-stream(;|$)/)
    expect((await caller.reach(`${path}x`, { method: 'HEAD' })).status).toBe(404)
    const bad = await caller.reach(path, { method: 'HEAD', headers: { 'last-event-id': '-1' } })
    expect([bad.status, await bad.text()]).toEqual([400, ''])
    const running = await caller.begin(plan(role(), gate()))
    const its = await caller.reach(`/v1/streams/${running.id}`, { method: 'HEAD' })
    expect([its.status, await its.text()], 'and waits for nothing').toEqual([200, ''])
    await caller.stop(running.id)
    await running.rest()
  })

  test.each<[string, Asked, number, ErrorCode, string | null]>([
    ['of half a JSON', text('{"messages":['), 400, 'invalid_json', null],
    ['with a wrong role', text('{"messages":[{"role":"wizard"}]}'), 400, 'invalid_role', 'messages[0].role'],
    ['of 5 MB', text(`{"x":"${'x'.repeat(5 * 1024 * 1024)}"}`), 413, 'body_too_large', null],
  ])('a body %s is refused', async (_, asked, status, code, param) => {
    const response = await caller.reach('/v1/streams', { method: 'POST', ...asked })
    expect(response.status).toBe(status)
    expect(response.headers.get('stream-id')).toBeNull()
    expect(response.headers.get('location')).toBeNull()
    const message = expect.stringMatching(/\w+ \w+/)
    expect(await errorOf(response)).toEqual({ message, type: 'invalid_request_error', param, code })
  })

  describe('what the upstream refuses before its first byte is a status, and no stream', () => {
    const error = { message: 'No such thing: café.', type: 'some_type', param: 'messages[0]', code: 'odd' }

    test.each([400, 429])('%i: in the words of the upstream', async (status) => {
      const asked = plan({ refuse: status, body: { error } })
      const response = await caller.post(asked)
      expect(response.status).toBe(status)
      expect(response.headers.get('stream-id')).toBeNull()
      expect(response.headers.get('location')).toBeNull()
      expect(await response.json()).toEqual({ error })
      expect((await caller.callsOf(asked)).made).toBe(1)
    })

    test.each<[string, number, object, number, ErrorCode | 'odd']>([
      ['its own trouble', 500, { error }, 502, 'upstream_error'],
      ['too much to do', 503, { error }, 503, 'upstream_overloaded'],
      ["the Worker's key", 401, { error }, 502, 'upstream_refused'],
      ['an error with status 200', 200, { error: { ...error, status: 400 } }, 400, 'odd'],
      ['an answer that is no stream', 200, completion('Hello'), 502, 'upstream_invalid'],
    ])('%s', async (_, status, body, expected, code) => {
      const response = await caller.post(plan({ refuse: status, body }))
      expect(response.status).toBe(expected)
      expect(response.headers.get('stream-id')).toBeNull()
      expect(await errorOf(response)).toMatchObject({ code })
    })
  })
}

const text = (body: string): Asked => ({ headers: JSON_TYPE, body })

/** The same form, and nobody's: the chance that it is somebody's is that of guessing 128 bits. */
const flipped = (id: string): string => `${id.slice(0, -8)}${[...id.slice(-8)].reverse().join('')}`
