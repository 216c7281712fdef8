import { describe, expect, test } from 'vitest'
import { type RaceQuestion, runRace } from '../../../client/page/race/run-race.ts'
import { chunk, completion, DONE_EVENT, delta, event, finish, role, USAGE } from '../../support/sse.ts'

const EVENT_STREAM = { 'content-type': 'text/event-stream' }

interface Asked {
  body: Record<string, unknown>
  signal: AbortSignal | undefined
  answer(response: Response): void
}

/** A race whose two answers are given by hand, on a clock that is set by hand. */
function start(changes: Partial<RaceQuestion> = {}) {
  const asked: Asked[] = []
  const seen: string[] = []
  const clock = { ms: 1000 }
  const stop = new AbortController()
  const outcome = runRace(
    {
      question: 'Why?',
      model: undefined,
      demoSpeed: null,
      signal: stop.signal,
      now: () => clock.ms,
      fetch: (_, init) => {
        const { promise, resolve, reject } = Promise.withResolvers<Response>()
        const signal = init?.signal ?? undefined
        signal?.addEventListener('abort', () => reject(new TypeError('gone')))
        asked.push({ body: JSON.parse(String(init?.body)), signal, answer: resolve })
        return promise
      },
      ...changes,
    },
    {
      text: (way, text, _, ms) => seen.push(`${ms} ${way}: ${text}`),
      shortened: (way, text) => seen.push(`${way} is: ${text}`),
      finished: (way, ms) => seen.push(`${ms} ${way} ends`),
    },
  )
  const [whole, stream] = asked
  if (!whole || !stream) throw new TypeError('Both questions leave at once.')
  return { outcome, seen, clock, stop, asked, whole, stream }
}

/** Events that come when the clock says so. */
function timed(clock: { ms: number }, parts: [ms: number, text: string][]): Response {
  const rest = parts.values()
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const { done, value } = rest.next()
        if (done) return controller.close()
        clock.ms = value[0]
        controller.enqueue(new TextEncoder().encode(value[1]))
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(body, { headers: EVENT_STREAM })
}

describe('the questions', () => {
  test('are the same, but for how they are to be answered', () => {
    const { asked, stop } = start({ model: 'gpt-test' })
    const messages = [{ role: 'user', content: 'Why?' }]
    expect(asked.map(({ body }) => body)).toEqual([
      { model: 'gpt-test', messages, stream: false },
      {
        model: 'gpt-test',
        messages,
        stream: true,
        stream_options: { include_usage: true, include_timing: true },
      },
    ])
    stop.abort()
  })

  test.each([
    [null, undefined],
    [1, 1],
    [10, 10],
  ])('at demo speed %j ask for %j', (demoSpeed, sent) => {
    const { asked, stop } = start({ demoSpeed })
    expect(asked.map(({ body }) => body.demo_speed)).toEqual([sent, sent])
    stop.abort()
  })
})

test('what is taken back is told', async () => {
  const { outcome, seen, whole, stream, clock } = start()
  whole.answer(Response.json(completion('')))
  const last = chunk({}, { choices: [], millrace: { state: 'moderated', retract: { 0: 4 } } })
  stream.answer(
    timed(clock, [
      [1, delta('Be')],
      [2, delta('cause.')],
      [3, event(last) + DONE_EVENT],
    ]),
  )
  await outcome
  expect(seen).toContain('streamed is: Beca')
})

test('what came, and when, is recorded', async () => {
  const { outcome, seen, clock, whole, stream } = start({ demoSpeed: 1 })
  const timing = { first_byte_ms: 1, first_token_ms: 2, total_ms: 3, tokens_per_second: null }
  const last = chunk(
    {},
    { choices: [], usage: USAGE, millrace: { state: 'done', usage_source: 'estimated', timing } },
  )
  stream.answer(
    timed(clock, [
      [1100, role()],
      [1200, delta('Be')],
      [1300, delta('cause.')],
      [1400, finish() + event(last)],
      [1500, DONE_EVENT],
    ]),
  )
  while (seen.length < 3) await Promise.resolve()
  clock.ms = 1800
  whole.answer(Response.json(completion('Because.')))
  expect(await outcome).toEqual({
    end: 'done',
    record: {
      samples: [
        { ms: 100, characters: 0 },
        { ms: 200, characters: 2 },
        { ms: 300, characters: 6 },
        { ms: 400, characters: 0 },
        { ms: 400, characters: 0 },
      ],
      streamed: {
        firstWordsMs: 200,
        totalMs: 500,
        reported: { tokens: 12, source: 'estimated' },
        counted: null,
      },
      unstreamed: {
        firstWordsMs: 800,
        totalMs: 800,
        reported: { tokens: 12, source: 'upstream' },
        counted: null,
      },
      atWorker: timing,
      demoSpeed: 1,
    },
  })
  expect(seen).toEqual([
    '200 streamed: Be',
    '300 streamed: cause.',
    '500 streamed ends',
    '800 unstreamed: Because.',
    '800 unstreamed ends',
  ])
})

describe('a race that does not end', () => {
  test('is stopped, both ways', async () => {
    const { outcome, stop, asked } = start()
    stop.abort()
    expect(await outcome).toEqual({ end: 'stopped' })
    for (const { signal } of asked) expect(signal?.aborted).toBe(true)
  })

  test.each(['whole', 'stream'] as const)('fails with the %s answer, and stops the other', async (which) => {
    const race = start()
    race[which].answer(Response.json({ error: { message: 'No.', code: 'nope' } }, { status: 400 }))
    const way = which === 'whole' ? 'unstreamed' : 'streamed'
    expect(await race.outcome).toMatchObject({ end: 'failed', way, error: { code: 'nope' } })
    for (const { signal } of race.asked) expect(signal?.aborted).toBe(true)
  })
})
