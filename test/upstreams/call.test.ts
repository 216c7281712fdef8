import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ApiError } from '../../worker/errors.ts'
import { chatCompletions } from '../../worker/formats/chat-completions/chat-completions.ts'
import { DEADLINES, type Deadlines, MAX_HEADERLESS_CALLS, MAX_WAITING_OPENINGS } from '../../worker/limits.ts'
import { toBytes } from '../../worker/protocol/encode.ts'
import { askUpstream } from '../../worker/upstreams/ask.ts'
import { createCall } from '../../worker/upstreams/call.ts'
import { createRests } from '../../worker/upstreams/rest.ts'
import { createTurns, type TakeTurn } from '../../worker/upstreams/turns.ts'
import { allWords } from '../support/all-words.ts'
import { anUpstream } from '../support/an-upstream.ts'

const SSE = { headers: { 'content-type': 'text/event-stream' } }
const stays = new AbortController().signal
const never = () => new ReadableStream<Uint8Array>()

interface Setting {
  stream?: boolean
  deadlines?: Partial<Deadlines>
  caller?: AbortSignal
  takeTurn?: TakeTurn
}

/** Asks an upstream that answers each attempt with the next of `answers`; counts the attempts. */
async function ask(answers: ((signal: AbortSignal) => Promise<Response>)[], setting: Setting = {}) {
  const deadlines = { ...DEADLINES, ...setting.deadlines }
  const call = createCall(setting.caller ?? stays, deadlines.total)
  let attempts = 0
  const send = (_: unknown, signal: AbortSignal) => {
    const next = answers[attempts++]
    if (next === undefined) throw new Error('one attempt too many')
    return next(signal)
  }
  try {
    return {
      ...(await askUpstream({
        candidates: [{ upstream: anUpstream(async () => new Response()), model: 'm' }],
        rests: createRests(),
        send,
        stream: (setting.stream ?? true) ? chatCompletions : undefined,
        call,
        deadlines,
        words: allWords,
        question: undefined,
        takeTurn: setting.takeTurn,
      })),
      attempts,
      call,
    }
  } finally {
    call.finished()
  }
}

const ok = async () => new Response('data: 1\n\n', SSE)
const refuses =
  (status: number, headers = {}) =>
  async () =>
    new Response('{}', { status, headers: { ...headers } })
const unreachable = async () => {
  throw new TypeError('connection refused')
}
/** As `fetch` does: pending until its signal aborts. */
const hangs = (signal: AbortSignal) =>
  new Promise<Response>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })
/** A head, and then a body that neither comes nor ends until the signal aborts. */
const hangsAfterHead = async (signal: AbortSignal) =>
  new Response(
    new ReadableStream({
      start(controller) {
        signal.addEventListener('abort', () => controller.error(signal.reason))
      },
    }),
    SSE,
  )

describe('before the first byte, a failure is tried again', () => {
  test.each([
    ['500 then 200', refuses(500)],
    ['429 with a short wait', refuses(429, { 'retry-after-ms': '1' })],
    ['a connection that is refused', unreachable],
  ])('after %s', async (_, first) => {
    const { answer, retries, attempts } = await ask([first, ok])
    expect(answer).toMatchObject({ status: 200 })
    expect({ retries, attempts }).toEqual({ retries: 1, attempts: 2 })
  })

  test('twice at the most', async () => {
    const { answer, attempts } = await ask([unreachable, unreachable, unreachable])
    const notes = { cause: 'api.example: connection refused', setting: 'OPENAI_BASE_URL', retries: 2 }
    expect(answer).toMatchObject({ code: 'upstream_unreachable', status: 502, notes })
    expect(attempts).toBe(3)
  })

  test.each([400, 401, 404, 422])('%s is final', async (status) => {
    expect((await ask([refuses(status)])).attempts).toBe(1)
  })

  test('a long Retry-After is passed on at once', async () => {
    const { answer, attempts } = await ask([refuses(429, { 'retry-after': '60' })])
    expect(answer).toMatchObject({ status: 429, headers: { 'retry-after': '60' } })
    expect(attempts).toBe(1)
  })

  describe.each([true, false])('with status 200, streamed: %s', (stream) => {
    const inSuccess = (body: object) => async () => Response.json(body)
    const answer = stream ? ok : async () => Response.json({ choices: [] })

    test.each([
      [{ error: { message: 'Slow down.', code: 429 } }],
      [{ object: 'error', message: 'Busy.', code: 503 }],
      [{ error: { message: 'Broken.', type: 'server_error' } }],
    ])('%j is tried again', async (body) => {
      expect(await ask([inSuccess(body), answer], { stream })).toMatchObject({
        answer: { status: 200 },
        retries: 1,
      })
    })

    test.each([
      [{ error: { message: 'Filtered.' } }, 400],
      [{ error: { message: 'Too long.', code: 413 } }, 413],
      [{ detail: 'No such model.', code: 404 }, 404],
    ])('%j is final, with its words', async (body, status) => {
      const { answer, attempts } = await ask([inSuccess(body)], { stream })
      expect(attempts).toBe(1)
      expect(answer).toMatchObject({ code: 'upstream_rejected', status, notes: { upstream_status: 200 } })
      expect((answer as ApiError).message).toMatch(/Filtered|Too long|No such model/)
    })
  })

  test('a caller that leaves while a retry waits ends it', async () => {
    const caller = new AbortController()
    const leave = async () => {
      setTimeout(() => caller.abort(), 10)
      return refuses(429, { 'retry-after': '5' })()
    }
    const { answer, attempts, retries } = await ask([leave], { caller: caller.signal })
    expect(answer).toMatchObject({ code: 'caller_left', notes: { retries: 0 } })
    expect({ attempts, retries }).toEqual({ attempts: 1, retries: 0 })
  })
})

describe('attempts that may have cost tokens are told, with the time that they worked', () => {
  const WORK_MS = 3000
  const pass = () => vi.setSystemTime(Date.now() + WORK_MS)
  const working = (after: () => Promise<Response>) => async (): Promise<Response> => {
    pass()
    return after()
  }
  const inSuccess = (body: object) => working(async () => Response.json(body))
  const broken = async () =>
    new Response(new ReadableStream({ start: (controller) => controller.error(new Error('reset')) }), SSE)
  const long = { 'retry-after': '600' }

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test.each<[string, number, (() => Promise<Response>)[]]>([
    ['an answer', 0, [working(ok)]],
    ...[300, 400, 401, 403, 404, 409, 413, 422, 429, 503, 529].map(
      (status): [string, number, (() => Promise<Response>)[]] => [
        `a slow ${status}`,
        0,
        [working(refuses(status, long))],
      ],
    ),
    ...[408, 500, 502, 504, 520].map((status): [string, number, (() => Promise<Response>)[]] => [
      `a slow ${status}`,
      1,
      [working(refuses(status, long))],
    ]),
    ['a quick 504', 0, [refuses(504, long)]],
    ['a refused connection', 0, [unreachable, unreachable, unreachable]],
    ['a slow 504 and its retries', 3, Array(3).fill(working(refuses(504, { 'retry-after-ms': '0' })))],
    ['a slow 504, then an answer', 1, [working(refuses(504, { 'retry-after-ms': '0' })), ok]],
    ['a reset after the head', 1, [working(broken)]],
    ['a slow error in a success', 1, [inSuccess({ error: { message: 'Filtered.' } })]],
    ['what is no answer', 1, [working(async () => new Response('', SSE))]],
  ])('%s: %i', async (_, count, answers) => {
    const { lost } = await ask(answers)
    expect(lost).toEqual(Array(count).fill(WORK_MS))
  })

  test('an answer that came whole where a stream was asked for is told apart', async () => {
    const { lost, unstreamed } = await ask([inSuccess({ choices: [] })])
    expect(lost).toEqual([])
    expect(unstreamed).toEqual({ body: toBytes('{"choices":[]}'), ms: WORK_MS })
  })

  test.each([
    ['before its status', () => new Promise<Response>(() => {})],
    ['before its first byte', async () => new Response(never(), SSE)],
    ['before a refusal’s words', async () => new Response(never(), { status: 400 })],
  ])('a call whose caller leaves %s ends at once, even if the upstream does not', async (_, upstream) => {
    const caller = new AbortController()
    const asked = ask([upstream], { caller: caller.signal })
    pass()
    caller.abort()
    expect(await asked).toMatchObject({ answer: { code: 'caller_left' }, lost: [WORK_MS] })
  })

  test.each([
    ...[300, 400, 401, 404, 429, 503, 529].map((status): [number, number[]] => [status, []]),
    ...[408, 500, 504].map((status): [number, number[]] => [status, [WORK_MS]]),
  ])('a %i whose caller leaves while its words are read: %j', async (status, lost) => {
    const caller = new AbortController()
    const leave = () => {
      pass()
      caller.abort()
    }
    const words = new ReadableStream({ pull: leave }, { highWaterMark: 0 })
    const refusal = async () => new Response(words, { status })
    expect(await ask([refusal], { caller: caller.signal })).toMatchObject({
      answer: { code: 'caller_left' },
      lost,
    })
  })
})

describe('the deadlines of a call', () => {
  test.each([
    ['connect', hangs, 'upstream_connect_timeout'],
    ['firstByte', hangsAfterHead, 'upstream_first_byte_timeout'],
    ['total', hangs, 'upstream_total_timeout'],
  ] as const)('%s ends it', async (name, upstream, code) => {
    const { answer, attempts } = await ask([upstream], { deadlines: { [name]: 20 } })
    expect(answer).toBeInstanceOf(ApiError)
    expect(answer).toMatchObject({ code, status: 504 })
    expect(attempts).toBe(1)
  })

  test('of an unstreamed answer is only the one for the whole: its head comes last', async () => {
    const { answer } = await ask([hangs], {
      stream: false,
      deadlines: { connect: 5, firstByte: 5, total: 40 },
    })
    expect(answer).toMatchObject({ code: 'upstream_total_timeout' })
  })
})

describe('a response that is no answer is an error', () => {
  test.each([
    [
      'HTML to a streamed call',
      true,
      async () => new Response('<html>', { headers: { 'content-type': 'text/html' } }),
    ],
    ['JSON to a streamed call', true, async () => Response.json({})],
    ['HTML to an unstreamed call', false, async () => new Response('<html>')],
    ['half of a JSON', false, async () => new Response('{"id":')],
  ])('such as %s', async (_, stream, upstream) => {
    expect((await ask([upstream], { stream })).answer).toMatchObject({
      code: 'upstream_invalid',
      status: 502,
    })
  })

  test('such as an event stream without a byte', async () => {
    expect((await ask([async () => new Response('', SSE)])).answer).toMatchObject({
      code: 'upstream_truncated',
    })
  })

  test.each([
    ['a streamed answer that breaks off after its head', true, []],
    ['an unstreamed answer that breaks off', false, [toBytes('{"id"')]],
  ])('%s is not asked for again: it may have been paid for', async (_, stream, parts) => {
    const breaks = async () =>
      new Response(
        new ReadableStream({
          start(controller) {
            for (const part of parts) controller.enqueue(part)
          },
          pull: (controller) => controller.error(new Error('reset')),
        }),
        SSE,
      )
    const { answer, attempts } = await ask([breaks], { stream })
    expect(answer).toMatchObject({ code: 'upstream_truncated', status: 502 })
    expect(attempts).toBe(1)
  })
})

test('for a caller that has left already no call is made', async () => {
  const { answer, attempts } = await ask([ok], { caller: AbortSignal.abort() })
  expect(answer).toMatchObject({ code: 'caller_left' })
  expect(attempts).toBe(0)
})

test('the upstream connection ends with the call', async () => {
  let seen: AbortSignal | undefined
  const upstream = async (signal: AbortSignal) => {
    seen = signal
    return new Response(
      never().pipeThrough(new TransformStream({ start: (c) => c.enqueue(toBytes('data: 1\n\n')) })),
      SSE,
    )
  }
  const caller = new AbortController()
  const { call } = await ask([upstream], { caller: caller.signal })
  call.abort(new ApiError('upstream_silence_timeout'))
  expect(seen?.aborted).toBe(true)
})

describe('where calls take turns', () => {
  const full = () => {
    const { call } = createTurns(false)
    const places = Array.from({ length: MAX_HEADERLESS_CALLS }, () => call(stays) as () => void)
    return { takeTurn: call, places }
  }

  test('a call that waits is made when the headers of another have come', async () => {
    const { takeTurn, places } = full()
    const asked = ask([ok], { takeTurn })
    places[0]?.()
    expect(await asked).toMatchObject({ answer: { status: 200 }, attempts: 1 })
  })

  test.each([
    ['its headers', [ok]],
    ['a refusal', [refuses(400)]],
    ['each attempt', [refuses(500), unreachable, ok]],
  ])('its place is free again after %s', async (_, answers) => {
    const { takeTurn, places } = full()
    places[0]?.()
    await ask(answers, { takeTurn })
    expect(takeTurn(stays)).toBeTypeOf('function')
  })

  test.each<[string, Setting, string]>([
    ['its deadline is over', { deadlines: { connect: 5 } }, 'upstream_connect_timeout'],
    ['its time is over', { deadlines: { total: 5 } }, 'upstream_total_timeout'],
    ['its caller leaves', { caller: AbortSignal.timeout(5) }, 'caller_left'],
  ])('a call that waits until %s is not made and has cost nothing', async (_, setting, code) => {
    const { takeTurn, places } = full()
    expect(await ask([], { takeTurn, ...setting })).toMatchObject({ answer: { code }, attempts: 0, lost: [] })
    places[0]?.()
    expect(takeTurn(stays), 'and it waits no more').toBeTypeOf('function')
  })

  test('the time in which it waits is not of the time in which the upstream was at work', async () => {
    vi.useFakeTimers()
    try {
      const { takeTurn, places } = full()
      const asked = ask([hangs], { takeTurn, deadlines: { connect: 1000 } })
      await vi.advanceTimersByTimeAsync(900)
      places[0]?.()
      await vi.advanceTimersByTimeAsync(100)
      expect(await asked).toMatchObject({
        answer: { code: 'upstream_connect_timeout' },
        attempts: 1,
        lost: [100],
      })
    } finally {
      vi.useRealTimers()
    }
  })

  test('one that can not even wait is refused', async () => {
    const { takeTurn } = full()
    for (let waiting = 0; waiting < MAX_WAITING_OPENINGS; waiting++) void takeTurn(stays)
    const { answer, attempts, lost } = await ask([], { takeTurn })
    expect(answer).toMatchObject({ code: 'too_many_openings', status: 429 })
    expect({ attempts, lost }).toEqual({ attempts: 0, lost: [] })
  })
})
