/**
 * Each kind of failure of the first upstream: what the caller gets, how often each upstream is asked and with
 * which key, and what is settled. Callers have a budget, and each test a caller of its own.
 */
import { describe, expect, test } from 'vitest'
import { A_SECOND, budgeted, linesOf, read, spent } from '../support/budgeted.ts'
import { responseOf, TEXT_ANSWER, USAGE_OF_RESPONSE, wireOf } from '../support/responses.ts'
import { cut, end, hang, head, inOrder, reset, type Script, send, wait } from '../support/script.ts'
import { begun, failing, json, page } from '../support/scripts.ts'
import { completion, delta, role, USAGE } from '../support/sse.ts'
import { KEYS, useTwoUpstreams } from '../support/two-upstreams.ts'
import {
  answers,
  begins,
  errorFrame,
  failedHead,
  failedWith,
  framed,
  isResponse,
  RESET,
  TRACE_OF_THE_FAILED,
  WAYS,
} from '../support/ways.ts'

const MOST = 250
const { vars, newCaller } = budgeted(MOST)
/** For upstreams that are too slow. */
const impatient = useTwoUpstreams({ step: '@1s', most: MOST, vars: { ...vars, SILENCE_TIMEOUT_MS: '1500' } })
/** For all others: on a busy machine they too may take more than a second. */
const patient = useTwoUpstreams({ step: '@30s', most: MOST, vars })

/** More than any of these calls takes, and less than the upstreams that are slow. */
const SOON_MS = 12_000
const LATE_MS = 20_000

interface Kind {
  /** `undefined`: its port is closed. */
  script: Script | undefined
  /** In the attempt's record. */
  code: string
  status?: number
  /** What the attempt costs: nothing, the prompt and the time, or at least a second of it. */
  cost: 'nothing' | 'some' | 'a second'
  /** Only in streams, or only without. */
  only?: 'streamed' | 'whole'
}

const MOVES_ON: Record<string, Kind> = {
  'is refused': { script: undefined, code: 'upstream_unreachable', cost: 'nothing' },
  'is reset before its status': { script: reset, code: 'upstream_unreachable', cost: 'nothing' },
  'is reset after its status': {
    script: inOrder(failedHead, RESET),
    code: 'upstream_truncated',
    status: 200,
    cost: 'some',
    only: 'streamed',
  },
  'is reset in its JSON': {
    script: inOrder(head(200, { 'content-type': 'application/json' }), send('{"id":"of-the-first'), RESET),
    code: 'upstream_truncated',
    status: 200,
    cost: 'some',
    only: 'whole',
  },
  'is reset before its first token': {
    script: inOrder(begins, RESET),
    code: 'upstream_truncated',
    status: 200,
    cost: 'some',
    only: 'streamed',
  },
  'has too many calls': {
    script: failing(429, { message: 'of the first' }, { 'retry-after': '20' }),
    code: 'upstream_rejected',
    status: 429,
    cost: 'nothing',
  },
  'fails once': { script: failing(500), code: 'upstream_error', status: 500, cost: 'nothing' },
  'fails after a second': {
    script: inOrder(wait(1300), failing(500)),
    code: 'upstream_error',
    status: 500,
    cost: 'a second',
    only: 'whole',
  },
  'is silent after connect': {
    script: hang,
    code: 'upstream_first_token_timeout',
    cost: 'a second',
    only: 'streamed',
  },
  'is silent after its headers': {
    script: inOrder(failedHead, hang),
    code: 'upstream_first_token_timeout',
    status: 200,
    cost: 'a second',
    only: 'streamed',
  },
  'has its first token after 20 s': {
    script: inOrder(begins, wait(LATE_MS), answers),
    code: 'upstream_first_token_timeout',
    status: 200,
    cost: 'a second',
    only: 'streamed',
  },
  'sends comments only': {
    script: inOrder(
      failedHead,
      ...Array.from({ length: 200 }, () => inOrder(send(': of the first\n\n'), wait(100))),
    ),
    code: 'upstream_first_token_timeout',
    status: 200,
    cost: 'a second',
    only: 'streamed',
  },
  'sends a malformed first event': {
    script: inOrder(failedHead, send('data: {"choices":[of the first\n\n'), hang),
    code: 'upstream_invalid',
    status: 200,
    cost: 'some',
    only: 'streamed',
  },
  'sends an error first': {
    script: framed('server_error'),
    code: 'upstream_error',
    status: 200,
    cost: 'nothing',
    only: 'streamed',
  },
  'sends an error after its beginning': {
    script: failedWith('server_error'),
    code: 'upstream_error',
    status: 200,
    cost: 'nothing',
    only: 'streamed',
  },
  'says in its stream that there are too many calls': {
    script: failedWith('rate_limit_exceeded'),
    code: 'upstream_rejected',
    status: 200,
    cost: 'nothing',
    only: 'streamed',
  },
  'says in its stream that the quota is spent': {
    script: failedWith('insufficient_quota'),
    code: 'upstream_rejected',
    status: 200,
    cost: 'nothing',
    only: 'streamed',
  },
  'ends before its first token': {
    script: inOrder(begins, end),
    code: 'upstream_truncated',
    status: 200,
    cost: 'some',
    only: 'streamed',
  },
  'ends its JSON too soon': {
    script: page('{"id":"of-the-first', 'application/json'),
    code: 'upstream_invalid',
    status: 200,
    cost: 'some',
    only: 'whole',
  },
  'sends HTML with 200': {
    script: page('<!doctype html><p>of the first', 'text/html'),
    code: 'upstream_invalid',
    status: 200,
    cost: 'some',
  },
  redirects: {
    script: ({ response }) => void response.writeHead(302, { location: '/of-the-first' }).end(),
    code: 'upstream_invalid',
    status: 302,
    cost: 'nothing',
  },
  'sends a whole answer for a stream': {
    script: (reply) =>
      json(isResponse(reply.call) ? responseOf({ status: 'completed' }) : completion('of the first'))(reply),
    code: 'upstream_invalid',
    status: 200,
    cost: 'some',
    only: 'streamed',
  },
  'says something odd in its stream': {
    script: framed('odd'),
    code: 'upstream_error',
    status: 200,
    cost: 'nothing',
    only: 'streamed',
  },
  'does not know the model': {
    script: failing(404, { code: 'model_not_found', message: 'of the first' }),
    code: 'upstream_rejected',
    status: 404,
    cost: 'nothing',
  },
}

const FINAL: Record<string, { script: Script; code: string; status: number; only?: 'streamed' }> = {
  'refuses a field': {
    script: failing(400, { message: 'No such field.', code: 'unknown_parameter' }),
    code: 'unknown_parameter',
    status: 400,
  },
  'sends an error with 200 that names no status': {
    script: json({ error: { message: 'Odd.', type: 'odd_error', param: null, code: 'odd' } }),
    code: 'odd',
    status: 400,
  },
  'has a conflict': { script: failing(409, { message: 'Not now.', code: 'odd' }), code: 'odd', status: 409 },
  'filters the content': {
    script: failing(400, { message: 'Filtered.', code: 'content_filter' }),
    code: 'content_filter',
    status: 400,
  },
  'names a content policy': {
    script: failing(400, { message: 'Not allowed.', code: 'content_policy_violation' }),
    code: 'content_policy_violation',
    status: 400,
  },
  'filters the content in its stream': {
    script: failedWith('content_filter'),
    code: 'content_filter',
    status: 400,
    only: 'streamed',
  },
  'finds the context too long': {
    script: failing(400, { message: 'Too long.', code: 'context_length_exceeded' }),
    code: 'context_length_exceeded',
    status: 400,
  },
  'finds the context too long in its stream': {
    script: failedWith('context_length_exceeded'),
    code: 'context_length_exceeded',
    status: 400,
    only: 'streamed',
  },
}

/** The first content of an answer. */
const firstWord: Script = (reply) =>
  (isResponse(reply.call) ? begun([wireOf(TEXT_ANSWER.slice(0, 5))]) : begun([role(), delta('Hello')]))(reply)

const IN_MID_ANSWER: Record<string, { script: Script; code: string; end: string }> = {
  'is silent': { script: inOrder(firstWord, hang), code: 'upstream_silence_timeout', end: 'failed' },
  'is cut': { script: inOrder(firstWord, cut), code: 'upstream_truncated', end: 'truncated' },
  'is reset': { script: inOrder(firstWord, RESET), code: 'upstream_truncated', end: 'truncated' },
  'reports an error': {
    script: (reply) => inOrder(firstWord, send(errorFrame(reply.call, 'server_error')), end)(reply),
    code: 'server_error',
    end: 'failed',
  },
}

const asked = (model: string, key: string) => ({
  request: { model },
  headers: { authorization: `Bearer ${key}` },
})

describe.each(Object.entries(WAYS))('%s', (route, way) => {
  const isChat = route === '/chat'
  const fits = ([, { only }]: [string, { only?: string }]) =>
    only === undefined || way.isStreamed === (only === 'streamed')
  const ofAnswer = way.isResponse
    ? way.isStreamed
      ? USAGE_OF_RESPONSE.total_tokens
      : undefined
    : USAGE.total_tokens

  test.each(Object.entries(MOVES_ON).filter(fits))('the first %s: the second answers', async (_, kind) => {
    const house = kind.code === 'upstream_first_token_timeout' ? impatient : patient
    const { model, first, second } = house.fresh()
    const caller = newCaller()
    if (kind.script === undefined) await house.first.refuse()
    else house.first.next(kind.script)
    house.second.next(answers)
    const answer = await read(house.url, way, model, caller).finally(
      () => kind.script ?? house.first.accept(),
    )

    expect(answer.status, answer.text).toBeLessThan(300)
    expect(answer.text).toMatch(way.isResponse ? /w\\u00f6rld|wörld|completed/ : /Hello/)
    expect(answer.all).not.toMatch(TRACE_OF_THE_FAILED)
    expect(answer.headers.get('retry-after')).toBeNull()
    expect(answer.upstream).toBe(second)
    expect(answer.ms).toBeLessThan(SOON_MS)
    expect([house.first.calls.length, house.second.calls.length]).toEqual([kind.script ? 1 : 0, 1])
    if (kind.script) expect(house.first.calls[0]).toMatchObject(asked('theirs', KEYS.first))
    expect(house.second.calls[0]).toMatchObject(asked(model, KEYS.second))
    await house.first.until(({ open }) => open === 0)

    const [line] = await linesOf(house.logs, model, 1)
    expect(house.logs.filter((line) => line.model === model)).toHaveLength(1)
    const attempt = { upstream: first, code: kind.code, ms: expect.any(Number) }
    expect(line).toMatchObject({ upstream: second, retries: 1, end: 'done' })
    expect(line?.attempts).toEqual([{ ...attempt, ...(kind.status && { status: kind.status }) }])
    const used = await spent(house.url, caller)
    expect(used).toBe(line?.charged_tokens)
    const lost = used - (ofAnswer ?? used)
    if (kind.cost === 'nothing') expect(lost).toBe(0)
    else if (ofAnswer !== undefined) {
      expect(lost).toBeGreaterThan(kind.cost === 'some' ? 0 : A_SECOND)
      // No more than was reserved for it.
      expect(lost).toBeLessThan(1100)
    }
  })

  test.each(Object.entries(FINAL).filter(fits))(
    'the first %s: that is the answer, and nobody rests',
    async (_, { script, code, status }) => {
      const house = patient
      const { model, first } = house.fresh()
      const caller = newCaller()
      house.first.next(script, script, script)
      for (let i = 1; i <= 3; i++) {
        const answer = await read(house.url, way, model, caller)
        expect(answer.status, answer.text).toBe(status)
        // OpenAI's SDKs would ask a 400 again only if they were told to.
        expect(answer.headers.get('x-should-retry')).not.toBe('true')
        if (!isChat) expect(JSON.parse(answer.text)).toMatchObject({ error: { code } })
        expect(answer.upstream).toBe(first)
        expect(house.first.calls).toHaveLength(i)
      }
      expect(house.second.calls).toHaveLength(0)
      expect(await spent(house.url, caller)).toBe(0)
      const lines = await linesOf(house.logs, model, 3)
      for (const line of lines) {
        const rejected = { code: 'upstream_rejected' }
        expect(line).toMatchObject({
          ...rejected,
          upstream_code: code,
          retries: 0,
          attempts: [{ upstream: first, ...rejected }],
        })
        expect(line.charged_tokens).toBeUndefined()
        expect(line.upstream).toBeUndefined()
      }
      house.first.next(answers)
      expect((await read(house.url, way, model, caller)).upstream).toBe(first)
    },
  )

  if (!way.isStreamed) return

  test.each(Object.entries(IN_MID_ANSWER))(
    'the first %s in mid-answer: the answer ends so, and nobody rests',
    async (_, { script, code, end: how }) => {
      const house = code === 'upstream_silence_timeout' ? impatient : patient
      const { model, first } = house.fresh()
      const caller = newCaller()
      house.first.next(script, script, script)
      const calls = [1, 2, 3].map(() =>
        // On /chat the connection breaks off: plain text has no other way to tell.
        read(house.url, way, model, caller).catch((error: Error) =>
          isChat ? undefined : expect.fail(error.message),
        ),
      )
      for (const answer of await Promise.all(calls)) {
        if (answer === undefined) continue
        expect(answer.text).toMatch(/Hello/)
        if (!isChat) expect(answer.text).toContain(code)
        expect(answer.upstream).toBe(first)
        expect(answer.ms).toBeLessThan(SOON_MS)
      }
      expect([house.first.calls.length, house.second.calls.length]).toEqual([3, 0])
      await house.first.until(({ open }) => open === 0)
      const used = await spent(house.url, caller)
      const lines = await linesOf(house.logs, model, 3)
      for (const line of lines) {
        expect(line).toMatchObject({ upstream: first, retries: 0, end: how })
        expect(line.attempts).toBeUndefined()
        // The prompt and the word that came.
        expect(line.charged_tokens).toBeGreaterThan(5)
      }
      expect(used).toBe(lines.reduce((sum, line) => sum + Number(line.charged_tokens), 0))
      house.first.next(answers)
      expect((await read(house.url, way, model, caller)).upstream).toBe(first)
    },
  )
})
