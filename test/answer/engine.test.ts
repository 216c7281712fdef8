import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { outputLimit } from '../../worker/answer/output-limit.ts'
import { ApiError, type ErrorCode } from '../../worker/errors.ts'
import { MAX_EVENT_BYTES, type WindowSizes } from '../../worker/limits.ts'
import type { Verdict } from '../../worker/moderation/judge.ts'
import { createModeration, type Mode } from '../../worker/moderation/moderation.ts'
import { toBytes } from '../../worker/protocol/encode.ts'
import { type Coming, runParts, startAnswer } from '../support/answer.ts'
import { splits } from '../support/events.ts'
import {
  answerEvents,
  chunk,
  DONE_EVENT,
  delta,
  errorForms,
  event,
  finish,
  role,
  TOOL_ERROR,
  USAGE,
} from '../support/sse.ts'
import { words } from '../support/words.ts'

const dataOf = (events: readonly string[]) => events.map((event) => event.slice('data: '.length, -2))
const run = (text: string, coming?: Coming) => runParts([toBytes(text)], coming)
const JOURNAL: Coming = { to: 'journal', tell: 'record', hidesUsage: true }

/** Short events, since they are cut at each byte. */
const brief = (choice: object) => event({ id: 'c', choices: [{ index: 0, ...choice }] })
const ANSWER = [
  brief({ delta: { role: 'assistant' } }),
  brief({ delta: { content: 'é€🎉' } }),
  brief({ delta: {}, finish_reason: 'stop' }),
  DONE_EVENT,
]
const WIRE = ANSWER.join('')
const CHUNKS = dataOf(ANSWER).slice(0, -1)

test('[DONE] without an answer before it is not the end of one', async () => {
  for (const parts of splits(toBytes(`: hi\n\n${DONE_EVENT}`))) {
    const { end } = await runParts(parts)
    expect(end).toMatchObject({ state: 'truncated', error: { code: 'upstream_truncated' } })
  }
})

describe('a whole answer is passed on in its own bytes, and kept event by event, at every split', () => {
  test.each<[string, string, string[]]>([
    ['as OpenAI writes it', WIRE, CHUNKS],
    ['with CRLF', WIRE.replaceAll('\n', '\r\n'), CHUNKS],
    ['with carriage returns', WIRE.replaceAll('\n', '\r'), CHUNKS],
    ['with a byte order mark', `\uFEFF${WIRE}`, CHUNKS],
    [
      'with comments, names, ids and retries',
      `: PROCESSING\n\n${ANSWER.map((one) => `event: message\nid: 9\nretry: 5\n: c\n${one}`).join(':\n\n')}`,
      CHUNKS,
    ],
    ['without a space after the colon', WIRE.replaceAll('data: ', 'data:'), CHUNKS],
    ['in several lines of data', `data: {"choices":\ndata: []}\n\n${DONE_EVENT}`, ['{"choices":\n[]}']],
    ['with a blank behind [DONE]', WIRE.replace('[DONE]', '[DONE] '), CHUNKS],
  ])('%s', async (_, text, chunks) => {
    for (const parts of splits(toBytes(text))) {
      const relayed = await runParts(parts)
      expect(relayed.end.state).toBe('done')
      expect(relayed.data).toEqual(chunks)
      expect(relayed.last.events).toEqual([{ data: '[DONE]' }])
      // The line feed of a CRLF is not waited for: the carriage return closed the event.
      expect(relayed.bytes.toString().trimEnd()).toBe(text.trimEnd())
      expect(relayed.cancelled).toBe(true)
      const kept = await runParts(parts, JOURNAL)
      expect(kept.end.state).toBe('done')
      expect(kept.data).toEqual(chunks)
      expect(kept.last.events.at(-1)?.data).toBe('[DONE]')
    }
  })

  test.each(['\n', ''])('a [DONE] followed by %j instead of a blank line is an end', async (end) => {
    for (const parts of splits(toBytes(WIRE.slice(0, -2) + end))) {
      const { end, data, last } = await runParts(parts)
      expect(end.state).toBe('done')
      expect(data).toEqual(CHUNKS)
      expect(last).toMatchObject({ events: [{ data: '[DONE]' }], endBytes: undefined })
    }
  })

  test.each(['relay', 'journal'] as const)('nothing is read after [DONE]: %s', async (to) => {
    const came = await runParts([toBytes(`${WIRE}${delta('more')}`), toBytes('more')], {
      to,
      after: 'silence',
    })
    expect(came).toMatchObject({ end: { state: 'done' }, data: CHUNKS, reads: 1, cancelled: true })
  })
})

describe('an answer that breaks off is truncated, and no whole event of it is lost', () => {
  const whole = toBytes(WIRE)
  const doneAt = toBytes(WIRE.slice(0, WIRE.indexOf(DONE_EVENT) + 'data: [DONE]'.length)).length

  test.each<[string, Coming]>([
    ['by a clean end', {}],
    ['by a reset', { after: new TypeError('reset') }],
  ])('an answer that ends early, %s, at each byte', async (how, coming) => {
    for (let at = 1; at < whole.length; at++) {
      const came = whole.slice(0, at)
      const complete = new TextDecoder().decode(came).split('\n\n').length - 1
      const { end, data } = await runParts([came], coming)
      expect(data).toEqual(CHUNKS.slice(0, complete))
      const isWhole = how === 'by a clean end' && at >= doneAt
      expect([at, end.state, end.error?.code]).toEqual(
        isWhole ? [at, 'done', undefined] : [at, 'truncated', 'upstream_truncated'],
      )
    }
  })

  test('the last event has the error alone, or beside the recorded usage', async () => {
    const relayed = await run(delta('a'))
    expect(relayed.last.events.map(({ data }) => JSON.parse(data))).toMatchObject([
      { error: { code: 'upstream_truncated' } },
    ])
    const kept = await run(delta('a'), JOURNAL)
    expect(kept.last.events.map(({ data }) => JSON.parse(data))).toMatchObject([
      { error: { code: 'upstream_truncated' }, millrace: { state: 'truncated' }, usage: {} },
    ])
  })
})

describe("the upstream's own error ends it as failed", () => {
  const before = [brief({ delta: { content: 'a' } })]
  const WITH_TEXT = brief({ delta: { content: 'b' } })
  const forms = {
    ...errorForms,
    'a chunk with text': WITH_TEXT.replace(/}\n\n$/, `,"error":${JSON.stringify(TOOL_ERROR)}}\n\n`),
  }

  test.each(Object.entries(forms))('the error keeps its words, at every split: %s', async (name, form) => {
    for (const parts of splits(toBytes(before.join('') + form + delta('never')))) {
      const relayed = await runParts(parts)
      const shown = name === 'a chunk with text' ? [...before, WITH_TEXT] : before
      expect(relayed.bytes.toString()).toBe(shown.join(''))
      expect(relayed.end.state).toBe('failed')
      expect(relayed.last.events.map(({ data }) => JSON.parse(data))).toEqual([{ error: TOOL_ERROR }])
      const kept = await runParts(parts, JOURNAL)
      expect(kept.data).toEqual(dataOf(shown))
      expect(kept.end.state).toBe('failed')
      expect(kept.last.events.map(({ data }) => JSON.parse(data))).toMatchObject([{ error: TOOL_ERROR }])
    }
  })

  test('the error loses details of the account and the machines', async () => {
    const message = 'Limit of org-Ab12Cd34Ef56 at http://10.0.0.5:8000/v1'
    const { end } = await run(`data: ${JSON.stringify({ error: { message } })}\n\n`, JOURNAL)
    expect(end.error?.message).toBe('Limit of […] at […]')
  })

  test('an error that is not JSON ends it too', async () => {
    const { end } = await run('event: error\ndata: overloaded\n\n', JOURNAL)
    expect(end.error?.envelope().error).toMatchObject({ message: 'overloaded', type: 'server_error' })
  })
})

describe('an event that is no chunk', () => {
  test.each(['data: not JSON\n\n', 'data:\n\n'])('is relayed, and ends what is kept: %j', async (garbage) => {
    const text = role() + garbage + DONE_EVENT
    const relayed = await run(text)
    expect(relayed.end.state).toBe('done')
    expect(relayed.bytes.toString()).toBe(text)
    const kept = await run(text, { ...JOURNAL, after: 'silence' })
    expect(kept).toMatchObject({
      end: { state: 'failed', error: { code: 'upstream_invalid' } },
      data: dataOf([role()]),
      cancelled: true,
    })
  })

  test.each(['data: 7\n\n', 'data: null\n\n', 'data: {"type":"ping"}\n\n', 'event: ping\ndata: x\n\n'])(
    'is relayed, and left out of what is kept: %j',
    async (other) => {
      const text = role() + other + delta('a') + DONE_EVENT
      const relayed = await run(text)
      expect(relayed.end.state).toBe('done')
      expect(relayed.bytes.toString()).toBe(text)
      expect(await run(text, JOURNAL)).toMatchObject({
        end: { state: 'done' },
        data: dataOf([role(), delta('a')]),
      })
    },
  )

  test('a chunk with odd choices, or a choice that is finished twice, is passed on', async () => {
    const odd = event(chunk({}, { choices: [null, { delta: null }, { index: 'x', delta: 7 }] }))
    const events = [odd, finish(), finish()]
    const came = await run(events.join('') + DONE_EVENT, JOURNAL)
    expect(came).toMatchObject({ end: { state: 'done' }, data: dataOf(events) })
  })
})

describe('an event that is too large to be looked into', () => {
  const large = event(chunk({ images: 'x'.repeat(MAX_EVENT_BYTES) }))
  const wire = toBytes(role() + large + delta('a') + DONE_EVENT)
  const parts = Array.from({ length: Math.ceil(wire.length / 65_536) }, (_, i) =>
    wire.subarray(i * 65_536, (i + 1) * 65_536),
  )

  test('is relayed, and what follows is read', async () => {
    for (const pieces of [[wire], parts]) {
      const came = await runParts(pieces)
      expect(came.end.state).toBe('done')
      expect(came.data).toEqual(dataOf([role(), delta('a')]))
      expect(Buffer.compare(came.bytes, wire)).toBe(0)
    }
  })

  test('is skipped where it can’t be shown', async () => {
    for (const pieces of [[wire], parts]) {
      const came = await runParts(pieces, { to: 'terminal' })
      expect(came).toMatchObject({ end: { state: 'done' }, data: dataOf([role(), delta('a')]) })
      expect(came.bytes.length).toBeLessThan(MAX_EVENT_BYTES)
    }
  })

  test.each<[string, Coming]>([
    ['kept', JOURNAL],
    ['moderated', { moderate: moderating().moderate }],
  ])('ends an answer that is %s by its name, and keeps what came before', async (_, coming) => {
    for (const pieces of [[wire], parts]) {
      const came = await runParts(pieces, coming)
      expect(came.end).toMatchObject({ state: 'failed', error: { code: 'stream_too_long' } })
      expect(came.data).toEqual(dataOf([role()]))
      expect(came.cancelled).toBe(true)
    }
  })
})

describe('an answer that Millrace ends', () => {
  const ENDS: [ErrorCode, string][] = [
    ['caller_left', 'stopped'],
    ['upstream_silence_timeout', 'failed'],
    ['upstream_total_timeout', 'failed'],
    ['internal_error', 'failed'],
  ]

  test.each(ENDS)('is ended by an abort while it is read: %s', async (code, state) => {
    const reason = new ApiError(code)
    const { call, items, came } = startAnswer([toBytes(role())], { ...JOURNAL, after: 'silence' })
    await setImmediate()
    call.abort(reason)
    expect((await came).end).toEqual(state === 'stopped' ? { state } : { state, error: reason })
    expect(items).toHaveLength(1)
  })

  test.each(ENDS)(
    "is ended by its own reason, whatever the connection's error is: %s",
    async (code, state) => {
      const call = new AbortController()
      call.abort(new ApiError(code))
      const { end } = await run(role(), { call, after: new TypeError('Network connection lost.') })
      expect(end.state).toBe(state)
    },
  )

  test.each(ENDS)(
    'is ended by an abort while it waits for room in the moderation: %s',
    async (code, state) => {
      const it = moderating({ sizes: { held: 300 } })
      const parts = [role(), ...Array.from({ length: 20 }, () => delta('word '))].map(toBytes)
      const started = startAnswer(parts, { moderate: it.moderate })
      await setImmediate()
      expect(started.reads).toBeLessThan(10)
      started.call.abort(new ApiError(code))
      if (state !== 'stopped') it.say(PASSED)
      expect((await started.came).end.state).toBe(state)
    },
  )

  test('is ended by a sink that takes no more', async () => {
    let writes = 0
    const write = () => {
      writes++
      throw new ApiError('stream_too_long')
    }
    const came = await run(role() + delta('a'), { ...JOURNAL, write, after: 'silence' })
    expect(came).toMatchObject({
      end: { state: 'failed', error: { code: 'stream_too_long' } },
      cancelled: true,
    })
    expect(writes).toBe(1)
  })

  test.each<[string, Coming]>([
    ['a sink', { write: broken }],
    ['an observer', { observers: [{ see: broken }] }],
  ])('is ended by a failure of %s, which is not the upstream’s', async (_, coming) => {
    expect((await run(role(), { ...coming, after: 'silence' })).end).toMatchObject({
      state: 'failed',
      error: { code: 'internal_error' },
    })
  })
})

function broken(): never {
  throw new Error('disk I/O error')
}

test('each event is written, and there is room for more, before the next bytes are asked for', async () => {
  const room = Promise.withResolvers<void>()
  const started = startAnswer(ANSWER.map(toBytes), {
    flush: () => (started.items.length === 3 ? room.promise : undefined),
    write: () => expect(started.items.length).toBe(started.reads - 1),
  })
  await setImmediate()
  expect([started.items.length, started.reads]).toEqual([3, 3])
  room.resolve()
  expect((await started.came).reads).toBe(ANSWER.length)
})

test('an event is shown to the observers in their order, before it is written', async () => {
  const seen: string[] = []
  const observer = (name: string) => ({
    see: ({ kind }: { kind: string }) => void seen.push(`${name} ${kind}`),
  })
  await run(delta('a') + DONE_EVENT, {
    observers: [observer('first'), observer('second')],
    write: () => seen.push('written'),
  })
  expect(seen).toEqual(['first chunk', 'second chunk', 'written', 'first done', 'second done'])
})

describe('usage that was not asked for', () => {
  const usage = event({ choices: [], usage: USAGE })
  // Where a CRLF was cut in two, its line feed belongs to the next event.
  const lines = (text: string) => text.replaceAll(/\r\n?/g, '\n').replaceAll(/\n{2,}/g, '\n\n')
  /** What else has no choice, or has usage beside one, says something of its own. */
  const others = [
    event({ choices: [], usage: null, prompt_filter_results: [] }),
    event({ choices: [{ index: 0, delta: { content: 'b' } }], usage: USAGE }),
  ]

  test.each([
    ['\n', ''],
    ['\r\n', ': a comment\r\n\r\n'],
  ])('is left out, and all other bytes stay, with %j, at every split', async (end, before) => {
    const wire = (events: string[]) => before + events.join('').replaceAll('\n', end)
    const events = [...ANSWER.slice(0, 2), ...others]
    const seen = lines(wire([...events, DONE_EVENT]))
    for (const parts of splits(toBytes(wire([...events, usage, DONE_EVENT])))) {
      const { bytes } = await runParts(parts, { hidesUsage: true })
      expect(lines(bytes.toString())).toBe(seen)
    }
  })

  test('is left out also on an event that is no chunk', async () => {
    const odd = event({ choices: null, usage: USAGE })
    expect((await run(odd + DONE_EVENT, { hidesUsage: true })).data).toEqual([])
    expect((await run(odd + DONE_EVENT)).data).toEqual(dataOf([odd]))
  })
})

describe('an answer with more tokens than it may have', () => {
  test('ends as `length`, in each choice that goes on, and not with an error', async () => {
    const of = (index: number, content: string, finish_reason: string | null = null) =>
      event(chunk({}, { choices: [{ index, delta: { content }, finish_reason }] }))
    const events = [of(0, 'one '), of(1, 'two '), of(0, '', 'stop'), of(2, 'three ')]
    const came = await run([...events, of(1, 'four '), of(1, 'never')].join(''), {
      observers: [outputLimit(3, words)],
      after: 'silence',
    })
    expect(came.end).toEqual({ state: 'budget' })
    expect(came.data).toEqual(dataOf(events))
    expect(came.cancelled).toBe(true)
    const cut = (index: number) =>
      JSON.stringify(chunk({}, { choices: [{ index, delta: {}, finish_reason: 'length' }] }))
    expect(came.last.events.map(({ data }) => data)).toEqual([cut(1), cut(2), '[DONE]'])
  })

  test('ends so before its first words too', async () => {
    const came = await run(role() + delta('one two'), { observers: [outputLimit(1, words)] })
    expect(came.data).toEqual(dataOf([role()]))
    expect(JSON.parse(came.last.events[0]?.data ?? '')).toMatchObject({
      choices: [{ index: 0, finish_reason: 'length' }],
    })
  })
})

const PASSED: Verdict = { kind: 'passed' }
const FLAGGED: Verdict = { kind: 'flagged', categories: ['violence'] }
const NO_VERDICT: Verdict = { kind: 'unavailable', why: 'status 500' }

/** Small windows that close at once; and a judge that says this, or that waits to be told. */
function moderating({
  mode = { kind: 'hold' },
  sizes,
  says,
}: {
  mode?: Mode
  sizes?: Partial<WindowSizes>
  says?: (text: string) => Verdict
} = {}) {
  const asked: ((verdict: Verdict) => void)[] = []
  const judge = async (texts: readonly string[]): Promise<Verdict> =>
    says?.(texts.join(' ')) ?? new Promise((resolve) => asked.push(resolve))
  const moderate: Coming['moderate'] = (release) =>
    createModeration({
      judge,
      mode,
      unreachable: 'closed',
      release,
      sizes: {
        phrase: 8,
        context: 8,
        first: { chars: 2, ms: 0 },
        last: { chars: 16, ms: 0 },
        held: 256 * 1024,
        ...sizes,
      },
    })
  return { moderate, say: (verdict: Verdict) => asked.shift()?.(verdict) }
}

describe('a moderated answer', () => {
  const WORDS = Array.from({ length: 20 }, (_, i) => `w${String(i).padStart(2, '0')} `)
  const flags = (text: string) => (text.includes('bomb') ? FLAGGED : PASSED)
  const cut = JSON.stringify(
    chunk({}, { choices: [{ index: 0, delta: {}, finish_reason: 'content_filter' }] }),
  )
  const textOf = (data: string[]) =>
    data.map((one) => JSON.parse(one).choices[0].delta.content ?? '').join('')

  test('that passes is written anew, without comments and fields that nobody judged, at every split', async () => {
    const wire = `: bomb\n\n${ANSWER.map((one) => `event: bomb\nid: bomb\n: bomb\n${one}`).join('')}`
    for (const parts of splits(toBytes(wire.replaceAll('\n', '\r\n')))) {
      const { end, bytes } = await runParts(parts, moderating({ says: flags }))
      expect(end.state).toBe('done')
      expect(bytes.toString() + DONE_EVENT).toBe(`:\n${WIRE}`)
    }
  })

  test('that is flagged shows nothing flagged, says why, and ends the upstream call', async () => {
    for (const at of [3, 10, 19]) {
      const events = answerEvents(WORDS.with(at, 'bomb ')).slice(0, -1)
      const started = startAnswer(events.map(toBytes), { ...moderating({ says: flags }), after: 'silence' })
      const { end, data, last, cancelled } = await started.came
      expect(end).toEqual({ state: 'moderated' })
      expect(WORDS.join('').startsWith(textOf(data))).toBe(true)
      expect(last).toMatchObject({ events: [{ data: cut }, { data: '[DONE]' }], withdrawn: 0 })
      expect(started.call.signal.reason).toMatchObject({ code: 'content_filter' })
      expect(cancelled).toBe(true)
    }
  })

  test('that is flagged at its first words shows nothing at all', async () => {
    const { end, data } = await run(delta('bomb ') + DONE_EVENT, moderating({ says: () => FLAGGED }))
    expect({ end, data }).toEqual({ end: { state: 'moderated' }, data: [] })
  })

  test('that can’t be judged ends with an error that can become a status', async () => {
    const { end, data, last } = await run(
      answerEvents(WORDS).slice(1).join(''),
      moderating({ says: () => NO_VERDICT }),
    )
    expect(end).toMatchObject({ state: 'failed', error: { code: 'moderation_unavailable', status: 503 } })
    expect(data).toEqual([])
    expect(last.events.map(({ data }) => JSON.parse(data))).toMatchObject([
      { error: { code: 'moderation_unavailable' } },
    ])
  })

  test.each([
    ['flagged', FLAGGED, 'moderated', [JSON.parse(cut)]],
    ['not judged', NO_VERDICT, 'failed', []],
  ] as const)(
    'that was shown ahead and is %s says how much is taken back',
    async (_, verdict, state, before) => {
      const it = moderating({ mode: { kind: 'retract', lead: 40 } })
      const started = startAnswer([toBytes(delta('0123456789'))], { ...it, after: 'silence' })
      await setImmediate()
      expect(started.items).toHaveLength(1)
      it.say(verdict)
      const { end, last } = await started.came
      expect(end.state).toBe(state)
      expect(last.withdrawn).toBe(1)
      const events = last.events.slice(0, -1).map(({ data }) => JSON.parse(data))
      expect(events).toMatchObject([...before, { choices: [], millrace: { state, retract: { 0: 10 } } }])
      expect(last.events.at(-1)?.data).toMatch(
        state === 'moderated' ? /^\[DONE\]$/ : /moderation_unavailable/,
      )
    },
  )

  test('whose caller leaves ends at once, and shows nothing more', async () => {
    const it = moderating()
    const started = startAnswer([toBytes(answerEvents(WORDS).join(''))], it)
    await setImmediate()
    started.call.abort(new ApiError('caller_left'))
    expect((await started.came).end).toEqual({ state: 'stopped' })
    it.say(PASSED)
    await setImmediate()
    expect(started.items).toHaveLength(1)
  })

  test.each<[string, Coming]>([
    ['ends', {}],
    ['breaks off', { after: new TypeError('reset') }],
  ])('whose upstream %s early is judged and shown as far as it came', async (_, coming) => {
    const half = (words: string[]) => role() + words.map(delta).join('')
    const whole = await run(half(WORDS), { ...coming, ...moderating({ says: flags }) })
    expect(whole.end.error?.code).toBe('upstream_truncated')
    expect(textOf(whole.data)).toBe(WORDS.join(''))
    const flagged = await run(half(WORDS.with(19, 'bomb')), { ...coming, ...moderating({ says: flags }) })
    expect(flagged.end).toEqual({ state: 'moderated' })
    expect(textOf(flagged.data)).not.toContain('b')
  })

  test('passes the upstream’s error on after its text, once that has passed', async () => {
    const text = role() + delta('a')
    const came = await run(text + event({ error: TOOL_ERROR }), moderating({ says: flags }))
    expect(came.bytes.toString()).toBe(text)
    expect(came.end.state).toBe('failed')
    expect(came.last.events.map(({ data }) => JSON.parse(data))).toEqual([{ error: TOOL_ERROR }])
  })

  test('ends where its sink fails', async () => {
    let writes = 0
    const write = () => {
      if (++writes > 1) throw new ApiError('stream_too_long')
    }
    const it = moderating({ says: flags })
    const { end } = await run(answerEvents(WORDS).slice(0, -1).join(''), { ...it, write, after: 'silence' })
    expect(end).toMatchObject({ state: 'failed', error: { code: 'stream_too_long' } })
  })
})
