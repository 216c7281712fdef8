/** One call that several upstreams may answer: who is asked, how often, and what is known afterwards. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { chatCompletions } from '../../worker/formats/chat-completions/chat-completions.ts'
import { DEADLINES, type Deadlines, REST_MS } from '../../worker/limits.ts'
import { askUpstream } from '../../worker/upstreams/ask.ts'
import { createCall } from '../../worker/upstreams/call.ts'
import type { Candidate } from '../../worker/upstreams/plan.ts'
import { createRests, type Rests } from '../../worker/upstreams/rest.ts'
import { allWords } from '../support/all-words.ts'
import { anUpstream } from '../support/an-upstream.ts'
import { delta, role } from '../support/sse.ts'

type Answers = (signal: AbortSignal) => Promise<Response>

const SSE = { headers: { 'content-type': 'text/event-stream' } }
const ok: Answers = async () => new Response(role() + delta('Hello'), SSE)
const whole: Answers = async () => Response.json({ choices: [] })
const refuses =
  (status: number, error: object = {}, headers: Record<string, string> = {}): Answers =>
  async () =>
    Response.json({ error: { message: 'No.', ...error } }, { status, headers })
const unreachable: Answers = async () => {
  throw new TypeError('connection refused')
}
const hangs: Answers = (signal) =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })

interface Setting {
  rests?: Rests
  stream?: boolean
  deadlines?: Partial<Deadlines>
  caller?: AbortSignal
  windows?: Record<string, number>
  firstToken?: number
}

/** @param upstreams by name: how each answers its calls, the last of them also all others */
async function ask(upstreams: Record<string, Answers[]>, setting: Setting = {}) {
  const { rests = createRests(), stream = true, windows = {}, firstToken } = setting
  const deadlines = { ...DEADLINES, ...setting.deadlines }
  const call = createCall(setting.caller ?? new AbortController().signal, deadlines.total)
  const asked: string[] = []
  const running = new Set<string>()
  const candidates = Object.entries(upstreams).map(([name, answers]): Candidate => {
    let made = 0
    const upstream = anUpstream((_, signal) => {
      expect([...running], 'never two at once').toEqual([])
      asked.push(name)
      running.add(name)
      signal.addEventListener('abort', () => running.delete(name))
      const answer = answers[Math.min(made++, answers.length - 1)] as Answers
      return answer(signal)
    }, name)
    const window = windows[name]
    return { upstream, model: 'm', ...(window && { window }), ...(firstToken && { firstToken }) }
  })
  try {
    const result = await askUpstream({
      candidates,
      rests,
      send: ({ upstream }, signal) => {
        if (asked.at(-1) === upstream.name) running.clear()
        return upstream.call({ method: 'POST', path: '/chat/completions' }, signal)
      },
      stream: stream ? chatCompletions : undefined,
      call,
      deadlines,
      words: allWords,
      question: undefined,
    })
    return {
      ...result,
      asked: asked.join(' '),
      served: 'upstream' in result.answer && result.answer.upstream.name,
    }
  } finally {
    call.finished()
  }
}

const QUICK = { 'retry-after-ms': '1' }

test('the first one answers: no other is asked', async () => {
  expect(await ask({ a: [ok], b: [ok] })).toMatchObject({ served: 'a', asked: 'a', retries: 0, attempts: [] })
})

test('where no upstream has the route, none is asked', async () => {
  expect(await ask({})).toMatchObject({ asked: '', retries: 0, answer: { code: 'route_not_available' } })
})

test('one that fails is not asked again while another one is left', async () => {
  const result = await ask({ a: [refuses(500, {}, QUICK)], b: [unreachable], c: [ok] })
  expect(result).toMatchObject({ served: 'c', asked: 'a b c', retries: 2 })
  expect(result.attempts).toEqual([
    { upstream: 'a', status: 500, code: 'upstream_error', ms: expect.any(Number) },
    { upstream: 'b', code: 'upstream_unreachable', ms: expect.any(Number) },
  ])
  expect(result.notes).toEqual({ upstream: 'c', retries: 2, attempts: result.attempts })
})

test('the last one is asked again, as often as a single one', async () => {
  const result = await ask({ a: [unreachable], b: [refuses(503, {}, QUICK)] })
  expect(result).toMatchObject({ asked: 'a b b b', retries: 3, answer: { code: 'upstream_overloaded' } })
  expect(result.answer).toMatchObject({ notes: { retries: 3, attempts: result.attempts } })
})

test('which one answers after all is told, also if it is the last one’s third attempt', async () => {
  const answers = [refuses(503, {}, QUICK), refuses(503, {}, QUICK), ok]
  expect(await ask({ a: [unreachable], b: answers })).toMatchObject({ served: 'b', asked: 'a b b b' })
})

describe('the error that the caller gets, where none answers', () => {
  test.each<[string, Record<string, Answers[]>, object]>([
    ['the last one’s', { a: [unreachable], b: [refuses(401)] }, { code: 'upstream_refused' }],
    [
      'that of the one that has the model',
      {
        a: [refuses(429, { code: 'rate_limit_exceeded' }, { 'retry-after': '60' })],
        b: [refuses(404, { code: 'model_not_found' })],
      },
      { status: 429, headers: { 'retry-after': '60' } },
    ],
    [
      'that none has it',
      { a: [refuses(404, { code: 'model_not_found' })], b: [refuses(404, { code: 'model_not_found' })] },
      { status: 404 },
    ],
  ])('is %s', async (_, upstreams, error) => {
    expect(await ask(upstreams)).toMatchObject({ asked: 'a b', answer: error })
  })
})

describe('a context that is too long', () => {
  const tooLong = refuses(400, { code: 'context_length_exceeded' })
  test.each<[string, Record<string, number>, string]>([
    ['no window is named', {}, 'a'],
    ['a larger one is named', { a: 8000, c: 128_000 }, 'a c'],
    ['one is named, and the first one’s is not known', { c: 128_000 }, 'a c'],
    ['each is as small', { a: 8000, b: 8000, c: 4000 }, 'a'],
  ])('%s', async (_, windows, asked) => {
    const rests = createRests()
    expect(await ask({ a: [tooLong], b: [ok], c: [ok] }, { windows, rests })).toMatchObject({ asked })
    expect(rests.isResting({ upstream: { name: 'a' }, model: 'm' }, Date.now())).toBe(false)
  })
})

describe('deadlines', () => {
  test.each<[string, Setting, string]>([
    ['connect', { deadlines: { connect: 20 } }, 'upstream_connect_timeout'],
    ['first token', { deadlines: { firstToken: 20 } }, 'upstream_first_token_timeout'],
    ['first token, of the route', { firstToken: 20 }, 'upstream_first_token_timeout'],
  ])('%s: each upstream has its own, and the last one’s ends the call', async (_, setting, code) => {
    const late = await ask({ a: [hangs], b: [ok] }, setting)
    expect(late).toMatchObject({
      served: 'b',
      attempts: [{ upstream: 'a', code }],
      lost: [expect.any(Number)],
    })
    expect(await ask({ a: [hangs], b: [hangs] }, setting)).toMatchObject({
      asked: 'a b',
      answer: { code, status: 504 },
    })
    expect(await ask({ a: [hangs] }, setting)).toMatchObject({ asked: 'a', answer: { code, status: 504 } })
  })

  test('first token: unstreamed answers have none', async () => {
    const slow: Answers = async () => {
      await new Promise((resolve) => setTimeout(resolve, 60))
      return Response.json({ choices: [] })
    }
    expect(await ask({ a: [slow] }, { stream: false, firstToken: 10 })).toMatchObject({ served: 'a' })
  })

  test('total: the call ends, and no other upstream is asked', async () => {
    const rests = createRests()
    const result = await ask({ a: [hangs], b: [ok] }, { deadlines: { total: 20 }, rests })
    expect(result).toMatchObject({ asked: 'a', answer: { code: 'upstream_total_timeout' } })
  })
})

describe('rest', () => {
  const isResting = (rests: Rests, name: string) =>
    rests.isResting({ upstream: { name }, model: 'm' }, Date.now())
  afterEach(() => {
    vi.useRealTimers()
  })

  test('three failures, and it is passed over; then one probe brings it back', async () => {
    const rests = createRests()
    const down = { a: [unreachable], b: [ok] }
    for (let i = 0; i < 3; i++) expect(await ask(down, { rests })).toMatchObject({ asked: 'a b' })
    expect(await ask(down, { rests })).toMatchObject({ asked: 'b', retries: 0 })
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + REST_MS })
    expect(await ask({ a: [ok], b: [ok] }, { rests })).toMatchObject({ asked: 'a' })
    expect(await ask({ a: [ok], b: [ok] }, { rests })).toMatchObject({ asked: 'a' })
  })

  test.each<[string, Answers[], boolean]>([
    ['a Retry-After', [refuses(429, {}, { 'retry-after': '20' })], true],
    ['a refusal of this Worker', [refuses(401)], true],
    ['a bad request', Array(5).fill(refuses(400)), false],
    ['one failure', [refuses(500)], false],
  ])('after %s: %j', async (_, answers, rests) => {
    const state = createRests()
    for (const answer of answers) await ask({ a: [answer], b: [ok] }, { rests: state })
    expect(isResting(state, 'a')).toBe(rests)
  })

  test('a caller who leaves makes none rest, and asks no other', async () => {
    const rests = createRests()
    for (let i = 0; i < 4; i++) {
      const caller = new AbortController()
      const leaves: Answers = (signal) => {
        setTimeout(() => caller.abort())
        return hangs(signal)
      }
      const result = await ask({ a: [leaves], b: [ok] }, { rests, caller: caller.signal })
      expect(result).toMatchObject({ asked: 'a', answer: { code: 'caller_left' }, attempts: [] })
    }
    expect(isResting(rests, 'a')).toBe(false)
  })

  test('a caller who has left before any is asked leaves the probe to the next call', async () => {
    const rests = createRests()
    await ask({ a: [refuses(401)], b: [ok] }, { rests })
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + REST_MS })
    const left = await ask({ a: [ok], b: [ok] }, { rests, caller: AbortSignal.abort() })
    expect(left).toMatchObject({ asked: '', answer: { code: 'caller_left' } })
    expect(await ask({ a: [ok], b: [ok] }, { rests })).toMatchObject({ asked: 'a' })
  })

  test('all rest: the one whose rest ends first is asked, and no other', async () => {
    const rests = createRests()
    const busy = (seconds: string) => [refuses(429, {}, { 'retry-after': seconds })]
    expect(await ask({ a: busy('60'), b: busy('30') }, { rests })).toMatchObject({ asked: 'a b' })
    expect(await ask({ a: busy('60'), b: busy('30') }, { rests })).toMatchObject({ asked: 'b' })
    expect(await ask({ a: [ok], b: [ok] }, { rests })).toMatchObject({ served: 'b', asked: 'b' })
  })

  test('where the others fail, one that rests is asked as the last', async () => {
    const rests = createRests()
    await ask({ a: [refuses(401)], b: [ok] }, { rests })
    expect(await ask({ a: [ok], b: [refuses(500)] }, { rests })).toMatchObject({ served: 'a', asked: 'b a' })
  })

  test('fifty callers at once on a dead first one: all are answered, and later ones don’t ask it', async () => {
    const rests = createRests()
    const results = await Promise.all(
      Array.from({ length: 50 }, () => ask({ a: [unreachable], b: [ok] }, { rests })),
    )
    expect(results.every(({ served }) => served === 'b')).toBe(true)
    expect(await ask({ a: [unreachable], b: [ok] }, { rests })).toMatchObject({ asked: 'b' })
  })
})

test('what came whole where a stream was asked for has cost its time, and the next one is asked', async () => {
  expect(await ask({ a: [whole], b: [ok] })).toMatchObject({ served: 'b', lost: [expect.any(Number)] })
  const { unstreamed } = await ask({ a: [unreachable], b: [whole] })
  expect(unstreamed?.body).toBeInstanceOf(Uint8Array)
})

test('the log says as an error which upstream refuses this Worker, and by which setting it is mended', async () => {
  const error = vi.spyOn(console, 'error').mockImplementation(() => {})
  await ask({ a: [refuses(401, { code: 'invalid_api_key' })], b: [ok] })
  expect(error.mock.calls.map(([line]) => JSON.parse(line))).toMatchObject([
    {
      upstream: 'a',
      status: 401,
      code: 'upstream_refused',
      upstream_code: 'invalid_api_key',
      setting: 'OPENAI_API_KEY',
    },
  ])
})
