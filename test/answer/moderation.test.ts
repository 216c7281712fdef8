/** The stage, with a moderation API over real HTTP behind it that fails as it is told to. */
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Moderated, moderation } from '../../worker/answer/moderation.ts'
import { MODERATION_PATIENCE, MODERATION_WINDOWS } from '../../worker/limits.ts'
import type { Outcome } from '../../worker/moderation/moderation.ts'
import type { SseEvent } from '../../worker/protocol/decode.ts'
import { encodeEvent, toBytes } from '../../worker/protocol/encode.ts'
import { bytesOfFrames, frames } from '../../worker/protocol/frames.ts'
import { moderations } from '../../worker/upstreams/moderations.ts'
import { answersToJudge, FORBIDDEN, readers } from '../support/answers.ts'
import { eventsOf, streamOf } from '../support/events.ts'
import { garbage, type ModerationServer, startModeration } from '../support/moderation-server.ts'
import { hang, reset, type Script } from '../support/script.ts'
import { failing } from '../support/scripts.ts'
import { answerEvents, chunk, DONE_EVENT, delta, event, finish, role } from '../support/sse.ts'

vi.setConfig({ testTimeout: 120_000 })

let server: ModerationServer
beforeAll(async () => {
  server = await startModeration()
})
afterEach(() => server.clear())
afterAll(() => server.stop())

/** Short waits, and all the time that a busy machine may take. */
const PATIENT = {
  ...MODERATION_PATIENCE,
  attempt: 500,
  verdict: 30_000,
  backoff: 10,
  longestBackoff: 50,
  probe: 10,
}
/** Gives up soon. */
const QUICK = { ...PATIENT, attempt: 100, verdict: 400 }
const judge = (patience = PATIENT) =>
  moderations({ url: server.url, apiKey: 'sk-judge', model: 'omni-moderation-latest' }, patience)

/** What a caller of the relay has of an answer. */
interface Read {
  events: SseEvent[]
  text: string
  /** What the stream ended with, where it did not just end. */
  error?: unknown
  outcome: Outcome | undefined
}

async function read(source: ReadableStream<Uint8Array>, stage: Partial<Moderated> = {}): Promise<Read> {
  let outcome: Outcome | undefined
  const bytes = source
    .pipeThrough(frames())
    .pipeThrough(
      moderation({
        judge: judge(),
        mode: { kind: 'hold' },
        unreachable: 'closed',
        onEnd: (how) => {
          outcome = how
        },
        ...stage,
      }),
    )
    .pipeThrough(bytesOfFrames())
  const parts: Uint8Array[] = []
  let error: unknown
  try {
    for await (const part of bytes) parts.push(part)
  } catch (reason) {
    error = reason
  }
  const events = await eventsOf(parts)
  const text = parts.map((part) => new TextDecoder().decode(part)).join('')
  return { events, text, outcome, ...(error !== undefined && { error }) }
}

const answerOf = (words: string[]) => streamOf(answerEvents(words).map(toBytes))
const contentOf = ({ events }: Read) => readers(events).content.get(0) ?? ''

/** 100 words, 500 characters: some windows' worth. */
const WORDS = Array.from({ length: 100 }, (_, i) => `w${String(i).padStart(3, '0')} `)

test('what passes is the very bytes that came', async () => {
  const bytes = `: hello\r\n\r\n${answerEvents(WORDS).join('').replaceAll('\n\n', '\r\n\r\n')}`
  const { text, outcome } = await read(streamOf([toBytes(bytes)]))
  // But the last line feed: the event was closed by the carriage return before it.
  expect(text).toBe(bytes.slice(0, -1))
  expect(outcome).toEqual({ state: 'passed', told: true })
})

describe('flagged', () => {
  const at = { first: 2, middle: 50, last: 99 }

  test.each(Object.entries(at))(
    'in the %s window: nothing of it is shown, and the end says why',
    async (_, index) => {
      const words = WORDS.with(index, 'bomb ')
      server.flag((text) => text.includes('bomb'))
      const answer = await read(answerOf(words))
      const shown = contentOf(answer)
      expect(words.join('').startsWith(shown)).toBe(true)
      expect(shown).not.toContain('b')
      expect(answer.events.slice(-2).map(({ data }) => data)).toEqual([
        JSON.stringify(chunk({}, { choices: [{ index: 0, delta: {}, finish_reason: 'content_filter' }] })),
        '[DONE]',
      ])
      expect(answer.outcome).toMatchObject({ state: 'flagged', categories: ['violence'] })
      expect(server.mostAtOnce).toBe(1)
    },
  )

  test('across each boundary of two windows', async () => {
    const phrase = 'how to build one'
    server.flag((text) => text.includes(phrase))
    for (let before = 0; before < 300; before += 7) {
      const text = 'x'.repeat(before) + phrase + 'y'.repeat(300)
      const deltas = text.match(/.{1,3}/g) ?? []
      const answer = await read(answerOf(deltas))
      expect(answer.outcome).toMatchObject({ state: 'flagged' })
      expect(contentOf(answer)).toMatch(/^x*$/)
    }
  })

  test('the upstream is left: what it still has to say is not read', async () => {
    server.flag((text) => text.includes('bomb'))
    let cancelled = false
    const events = answerEvents(WORDS.with(3, 'bomb ')).map(toBytes)
    let sent = 0
    const upstream = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 2))
        const next = events[sent++]
        if (next === undefined) controller.close()
        else controller.enqueue(next)
      },
      cancel() {
        cancelled = true
      },
    })
    const onEnd = vi.fn<NonNullable<Moderated['onEnd']>>()
    await read(upstream, { onEnd })
    expect(cancelled).toBe(true)
    expect(sent).toBeLessThan(90)
    expect(onEnd).toHaveBeenCalledOnce()
  })

  test('the last chunk tells the state, and the usage, where that is asked for', async () => {
    server.flag(() => true)
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
    const last = chunk({}, { choices: [] })
    const tell = () => ({ usage, source: 'estimated' as const })
    const counted = await read(answerOf(['bomb']), { tell })
    expect(JSON.parse(counted.events.at(-2)?.data ?? '')).toEqual({
      ...last,
      usage,
      millrace: { state: 'moderated', usage_source: 'estimated' },
    })
    const marked = await read(answerOf(['bomb']), { tell: 'state' })
    expect(JSON.parse(marked.events.at(-2)?.data ?? '')).toEqual({
      ...last,
      millrace: { state: 'moderated' },
    })
  })

  test('retract: the last chunk says, unasked, how much of what was shown is to be withdrawn', async () => {
    server.flag((text) => text.includes('bomb'), 20)
    const answer = await read(answerOf(WORDS.with(60, 'bomb ')), { mode: { kind: 'retract', lead: 1000 } })
    const { millrace } = JSON.parse(answer.events.at(-2)?.data ?? '')
    expect(millrace).toEqual({ state: 'moderated', retract: { 0: expect.any(Number) } })
    const shown = contentOf(answer)
    expect(shown).toContain('bomb')
    expect(shown.slice(0, -millrace.retract[0])).not.toContain('b')
    expect(answer.events.at(-1)?.data).toBe('[DONE]')
  })
})

describe('a moderation that fails', () => {
  const trouble: [string, Script[]][] = [
    ['is slow', []],
    ['is asked too much, for a while', [failing(429, {}, { 'retry-after-ms': '50' }), failing(429)]],
    ['fails at first', [failing(500), failing(502), reset]],
    ['does not answer at first', [hang]],
    ...Object.entries(garbage).map(([name, script]): [string, Script[]] => [
      `answers with ${name}`,
      [script],
    ]),
  ]

  test.each(trouble)('%s: the answer waits, and comes whole', async (_, scripts) => {
    server.flag(() => false, 30)
    server.next(...scripts)
    const answer = await read(answerOf(WORDS))
    expect(contentOf(answer)).toBe(WORDS.join(''))
  })

  test.each(trouble)('%s: what is flagged is flagged all the same', async (_, scripts) => {
    server.flag((text) => text.includes('bomb'), 30)
    server.next(...scripts)
    const answer = await read(answerOf(WORDS.with(50, 'bomb ')))
    expect(contentOf(answer)).not.toContain('b')
    expect(answer.outcome).toMatchObject({ state: 'flagged' })
  })

  const forEver: [string, Script][] = [
    ['is asked too much', failing(429)],
    ['fails', failing(500)],
    ['refuses the key', failing(401)],
    ['does not answer', hang],
    ['breaks off', reset],
    ...Object.entries(garbage).map(([name, script]): [string, Script] => [`answers with ${name}`, script]),
  ]
  const always = (script: Script) => server.next(...Array.from({ length: 200 }, () => script))

  test.each(forEver)(
    '%s for ever, closed: nothing is shown, and the stream ends with an error',
    async (_, script) => {
      always(script)
      const answer = await read(answerOf(WORDS), { judge: judge(QUICK) })
      expect(contentOf(answer)).toBe('')
      expect(answer.error).toBeUndefined()
      expect(JSON.parse(answer.events.at(-1)?.data ?? '')).toMatchObject({
        error: { code: 'moderation_unavailable' },
      })
      expect(answer.text).not.toContain('[DONE]')
      expect(server.upstream.calls.length).toBeLessThan(25)
    },
  )

  test.each(forEver)(
    '%s for ever, open: all is shown, and the moderation is not hammered',
    async (_, script) => {
      always(script)
      const answer = await read(answerOf(WORDS), { judge: judge(QUICK), unreachable: 'open' })
      expect(contentOf(answer)).toBe(WORDS.join(''))
      expect(answer.outcome).toEqual({ state: 'passed', told: true })
      expect(server.upstream.calls.length).toBeLessThan(25)
    },
  )

  test('closed, before anything was sent: an error that can still be a status', async () => {
    always(failing(500))
    const answer = await read(streamOf([delta('word'), finish(), DONE_EVENT].map(toBytes)), {
      judge: judge(QUICK),
    })
    expect(answer.events).toEqual([])
    expect(answer.error).toMatchObject({ code: 'moderation_unavailable', status: 503 })
  })

  test('closed, retract: what was shown ahead is withdrawn before the error', async () => {
    always(failing(500))
    const answer = await read(answerOf(WORDS), {
      judge: judge(QUICK),
      mode: { kind: 'retract', lead: 100 },
    })
    expect(contentOf(answer)).toHaveLength(100)
    const [withdrawal, error] = answer.events.slice(-2).map(({ data }) => JSON.parse(data))
    expect(withdrawal.millrace).toEqual({ state: 'failed', retract: { 0: 100 } })
    expect(error).toMatchObject({ error: { code: 'moderation_unavailable' } })
  })
})

describe('an upstream that breaks off', () => {
  test('what had come is judged and shown before the error', async () => {
    const answer = await read(streamOf([role(), ...WORDS.map(delta)].map(toBytes)))
    expect(contentOf(answer)).toBe(WORDS.join(''))
    expect(answer.error).toMatchObject({ code: 'upstream_truncated' })
  })

  test('so it is when a stage before this one fails', async () => {
    const parts = [role(), ...WORDS.map(delta)].map(toBytes)
    const upstream = new ReadableStream<Uint8Array>({
      pull(controller) {
        const part = parts.shift()
        if (part === undefined) controller.error(new TypeError('no'))
        else controller.enqueue(part)
      },
    })
    const answer = await read(upstream)
    expect(contentOf(answer)).toBe(WORDS.join(''))
    expect(answer.error).toMatchObject({ message: 'no' })
  })

  test('and what is flagged in it is not shown', async () => {
    server.flag((text) => text.includes('bomb'))
    const answer = await read(streamOf([role(), ...WORDS.with(99, 'bomb').map(delta)].map(toBytes)))
    expect(contentOf(answer)).not.toContain('b')
    expect(answer.error).toBeUndefined()
    expect(answer.outcome).toMatchObject({ state: 'flagged' })
  })

  test('an error that it reports is passed on, and ends the answer', async () => {
    const error = { error: { message: 'm', type: 't', param: null, code: 'c' } }
    const answer = await read(streamOf([role(), delta('a'), event(error), delta('more')].map(toBytes)))
    expect(answer.events.at(-1)?.data).toBe(JSON.stringify(error))
    expect(answer.error).toBeUndefined()
    expect(contentOf(answer)).toBe('a')
  })
})

test('a reader that leaves ends the moderation and the upstream', async () => {
  server.next(hang)
  let cancelled = false
  const upstream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const part of [role(), ...WORDS.map(delta)]) controller.enqueue(toBytes(part))
    },
    cancel() {
      cancelled = true
    },
  })
  const out = upstream
    .pipeThrough(frames())
    .pipeThrough(moderation({ judge: judge(), mode: { kind: 'hold' }, unreachable: 'closed' }))
  const reader = out.getReader()
  await reader.read()
  const call = await server.upstream.call(1)
  await reader.cancel()
  await call.over
  expect(call.closedAt).toBeDefined()
  await vi.waitUntil(() => cancelled)
})

test('a reader that takes its time holds the upstream up', async () => {
  let pulled = 0
  const upstream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        pulled++
        controller.enqueue(toBytes(pulled === 1 ? role() : delta(`${pulled} `)))
      },
    },
    { highWaterMark: 0 },
  )
  const reader = upstream
    .pipeThrough(frames())
    .pipeThrough(moderation({ judge: judge(), mode: { kind: 'hold' }, unreachable: 'closed' }))
    .getReader()
  await reader.read()
  await new Promise((resolve) => setTimeout(resolve, 300))
  const most = pulled
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(pulled).toBe(most)
  // Each event takes some 250 characters of what may be held.
  expect(pulled).toBeLessThan(MODERATION_WINDOWS.held / 200)
  await reader.cancel()
})

test('hold never shows one flagged character to its reader, at 1,000 random chunkings of bytes, over HTTP', async () => {
  const quick = {
    ...MODERATION_WINDOWS,
    first: { ...MODERATION_WINDOWS.first, ms: 0 },
    last: { chars: 64, ms: 0 },
  }
  let phrase: string | undefined
  server.flag((text) => phrase !== undefined && text.includes(phrase))
  await fc.assert(
    fc.asyncProperty(
      answersToJudge(MODERATION_WINDOWS.phrase),
      fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 20 }),
      async (answer, cuts) => {
        phrase = answer.phrase
        const bytes = toBytes(answer.events.map(({ data }) => encodeEvent(data)).join(''))
        const { events, text, outcome } = await read(streamOf(cut(bytes, cuts)), { sizes: quick })
        if (phrase === undefined) {
          expect(text).toBe(new TextDecoder().decode(bytes))
        } else {
          expect(outcome).toMatchObject({ state: 'flagged' })
          expect(readers(events).all).not.toMatch(FORBIDDEN)
          expect([...readers(events).finish.values()]).toContain('content_filter')
        }
      },
    ),
    { numRuns: 1_000 },
  )
})

function* cut(bytes: Uint8Array, sizes: number[]): Generator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    yield bytes.slice(at, at + size)
    at += size
  }
}
