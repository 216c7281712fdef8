/** A stream that nothing disturbs: its head, its events, its end. */
import { describe, expect, test } from 'vitest'
import { answerEvents, chunk, DONE_EVENT, delta, event, finish, role, USAGE } from '../../support/sse.ts'
import type { Caller } from '../caller.ts'
import { expectWhole } from '../expected.ts'
import { gate, plan } from '../plan.ts'

const TOKENS = ['Hel', 'lo', ' 🎉', '\n\n"é"']
const CHUNKS = [role(), ...TOKENS.map(delta), finish()]

export function answerCases(caller: Caller): void {
  describe('an answer', () => {
    test('is created: its id, its place, and that nobody may keep it', async () => {
      const following = await caller.begin(plan(...answerEvents(TOKENS)))
      const { status, headers } = following.response
      expect(status).toBe(201)
      // 128 random bits take 22 characters at the least.
      expect(following.id).toMatch(/^str_[\w-]{22,}$/)
      expect(headers.get('location')).toBe(`/v1/streams/${following.id}`)
      expect(headers.get('content-type')).toMatch(/^text\/event-stream(;|$)/)
      expect(headers.get('cache-control')).toContain('private, no-cache')
      expect(headers.get('x-request-id')).toMatch(/\S{8,}/)
      expect(headers.get('idempotent-replayed')).not.toBe('true')
      await following.leave()
    })

    test('is what the upstream sent, numbered, then the last chunk and [DONE]', async () => {
      const { text } = await caller.read(plan(...answerEvents(TOKENS, { usage: true })))
      const last = expectWhole(text, CHUNKS)
      expect(last.usage).toEqual(USAGE)
      expect(last.millrace).toEqual({
        state: 'done',
        usage_source: 'upstream',
        timing: {
          first_byte_ms: expect.any(Number),
          first_token_ms: expect.any(Number),
          total_ms: expect.any(Number),
          tokens_per_second: expect.toSatisfy((rate: unknown) => rate === null || Number(rate) > 0),
        },
      })
    })

    test('has its usage where the upstream sends none', async () => {
      const { text } = await caller.read(plan(...answerEvents(['Hello', ',', ' world', '!'])))
      const last = expectWhole(text, [role(), ...['Hello', ',', ' world', '!'].map(delta), finish()])
      // `Say hello.` is 3 tokens, its role 1; the formula adds 3 for the message and 3 for the answer.
      expect(last.usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 4, total_tokens: 14 })
      expect(last.millrace.usage_source).toBe('estimated')
    })

    test('has its usage where it came beside the finish', async () => {
      const choices = [{ index: 0, delta: {}, finish_reason: 'stop' }]
      const chunks = [role(), delta('a'), event({ ...chunk({}, { choices }), usage: USAGE })]
      const { text } = await caller.read(plan(...chunks, DONE_EVENT))
      const last = expectWhole(text, chunks)
      expect(last.usage).toEqual(USAGE)
      expect(last.millrace.usage_source).toBe('upstream')
    })

    test('comes as the upstream wrote it, to the character', async () => {
      const odd = [
        event(chunk({}, { choices: [], prompt_filter_results: [] })),
        'data: { "choices" : [ {"index":0, "delta":{"content":"\\u00e9 é"}, "n": 1.50e3} ] , "big": 12345678901234567890 }\n\n',
        finish(),
        finish(),
      ]
      const { text } = await caller.read(plan(...odd, DONE_EVENT))
      expectWhole(text, odd)
    })

    test("is free of the upstream's comments, names, ids and retries", async () => {
      const noise = (sse: string) => `: PROCESSING\n\nevent: chunk\nid: 99\nretry: 1\n${sse}`
      const { text } = await caller.read(plan(...CHUNKS.map(noise), ': bye\n\n', DONE_EVENT))
      expectWhole(text, CHUNKS)
    })

    test('is the same however its bytes are cut, and with other line ends', async () => {
      const whole = answerEvents(TOKENS).join('')
      for (const parts of [[whole], whole.match(/[\s\S]{1,7}/gu) ?? [], [whole.replaceAll('\n', '\r\n')]]) {
        const { text } = await caller.read(plan(...parts))
        expectWhole(text, CHUNKS)
      }
    })

    test.each([
      ['[DONE] has no blank line', 'data: [DONE]', []],
      ['the connection breaks after [DONE]', DONE_EVENT, [{ breakOff: 'close' as const }]],
    ])('is whole where %s', async (_, done, then) => {
      const { text } = await caller.read(plan(...CHUNKS, done, ...then))
      expectWhole(text, CHUNKS)
    })

    test.each([
      { stream: false },
      { stream: true },
      { stream_options: { include_usage: true } },
      { stream_options: { include_usage: true, include_timing: true } },
    ])('has one form, whatever the request says: %j', async (fields) => {
      const asked = plan(...answerEvents(TOKENS, { usage: true }))
      const { text } = await caller.read(asked, {}, { ...fields, seed: 7 })
      expect(expectWhole(text, CHUNKS)).toMatchObject({
        usage: USAGE,
        millrace: { usage_source: 'upstream' },
      })
      const { request } = await caller.callsOf(asked)
      expect(request).toMatchObject({ stream: true, seed: 7 })
      expect(JSON.stringify(request)).not.toContain('include_timing')
    })

    test('comes event by event, while the next is not there yet', async () => {
      const gates = CHUNKS.map(gate)
      const steps = CHUNKS.flatMap((event, i) => [event, gates[i] ?? gate()])
      const following = await caller.begin(plan(...steps, DONE_EVENT))
      for (const [i, next] of gates.entries()) {
        expect((await following.take(i + 1)).cursor).toBe(i + 1)
        await caller.open(next)
      }
      expectWhole(await following.rest(), CHUNKS)
    })
  })

  test('GET /v1/streams makes the caller ready, and has nothing to say', async () => {
    for (const method of ['GET', 'HEAD']) {
      const response = await caller.reach('/v1/streams', { method })
      expect([response.status, await response.text()]).toEqual([204, ''])
    }
  })
}
