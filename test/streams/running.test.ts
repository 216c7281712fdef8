import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ApiError } from '../../worker/errors.ts'
import { FLUSH_MS, HEARTBEAT_MS, MAX_PACK_BYTES } from '../../worker/limits.ts'
import type { Verdict } from '../../worker/moderation/judge.ts'
import { createModeration } from '../../worker/moderation/moderation.ts'
import { endedLog, type Provisional, runningLog } from '../../worker/streams/log.ts'
import { run } from '../../worker/streams/running.ts'
import type { UpstreamRun } from '../../worker/streams/upstream-run.ts'
import { answerEvents, DONE_EVENT, delta, errorForms, numbered, TOOL_ERROR } from '../support/sse.ts'
import { newStream, openJournal, readAll, rowsIn } from './kept.ts'
import { type Reading, read } from './reading.ts'
import { createTestUpstream } from './upstream.ts'

beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => void vi.useRealTimers())

const KEEPING = { kept: 600_000, abandoned: 300_000 }
const SILENCE_MS = 120_000

function start(moderate?: UpstreamRun['moderate']) {
  const { sql, journal } = openJournal()
  const stream = journal.begin(newStream())
  const upstream = createTestUpstream()
  const options = { keeping: KEEPING, silenceMs: SILENCE_MS, now: Date.now }
  const newLog = (provisional: Provisional) => runningLog(journal, stream, { provisional })
  const running = run({ ...upstream.run, moderate }, newLog, options)
  const ended = vi.fn()
  running.ended.then(ended, ended)
  const add = (after = 0): Reading => {
    const body = running.readers.add(after)
    if (body instanceof ApiError) throw body
    return read(body, after)
  }
  return { sql, journal, upstream, running, ended, add, kept: () => journal.byId(stream.id) }
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

/** A stream that someone reads, and which has said so much. */
async function begun(count = 1, moderate?: UpstreamRun['moderate']) {
  const it = start(moderate)
  it.running.idIsPublic = true
  for (const token of numbered(count)) it.upstream.say(delta(token))
  const reading = it.add()
  await reading.upTo(count)
  return { ...it, reading }
}

const lastOf = (text: string) =>
  JSON.parse(
    text
      .split('\n\n')
      .at(-2)
      ?.replace(/^(?::.*\n)*id: \d+\ndata: /, '') ?? '',
  )

describe('events are journalled', () => {
  test(`after ${FLUSH_MS} ms, or when they fill a row`, async () => {
    const { upstream, running, kept } = await begun(3)
    expect(kept()?.last).toBe(0)
    await pass(FLUSH_MS)
    expect(kept()?.last).toBe(3)
    upstream.say(delta('half'.repeat(MAX_PACK_BYTES / 8)))
    await pass(0)
    expect([running.log.last, kept()?.last]).toEqual([4, 3])
    upstream.say(delta('half'.repeat(MAX_PACK_BYTES / 8)))
    await pass(0)
    expect(kept()?.last).toBe(5)
  })

  test('at ten tokens a second once in two seconds, into one row', async () => {
    const { upstream, sql } = await begun(0)
    sql.statements.length = 0
    for (let token = 0; token < 100; token++) {
      upstream.say(delta(`t${token}`))
      await pass(100)
    }
    expect(sql.statements.filter((one) => one.startsWith('UPDATE streams'))).toHaveLength(5)
    expect(rowsIn(sql, 'packs')).toBe(0)
  })

  test('unless the journal fails: then the call is ended, and no reader is told of an end', async () => {
    const { upstream, sql, ended, reading, running, kept } = await begun(2)
    sql.fails = (statement) => statement.startsWith('UPDATE')
    const rest = reading.rest()
    rest.catch(() => {})
    await pass(FLUSH_MS)
    expect(upstream.aborted).toMatchObject({ code: 'internal_error' })
    expect(ended).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ message: 'disk I/O error' }))
    expect(running.log.ended).toBe(false)
    expect(reading.text).not.toContain('millrace')
    sql.fails = undefined
    expect(kept()).toMatchObject({ state: 'running', last: 0 })
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a running stream ends', () => {
  test.each<[string, (it: ReturnType<typeof start>) => void, object]>([
    ['whole', ({ upstream }) => upstream.say(DONE_EVENT), { state: 'done' }],
    ['stopped', ({ upstream }) => upstream.run.stop(), { state: 'stopped' }],
    [
      'cut off',
      ({ upstream }) => upstream.end(),
      { state: 'truncated', error: { code: 'upstream_truncated' } },
    ],
    [
      'broken off',
      ({ upstream }) => upstream.breakOff(),
      { state: 'truncated', error: { code: 'upstream_truncated' } },
    ],
    [
      'with an error',
      ({ upstream }) => upstream.say(errorForms['a frame of its own']),
      { state: 'failed', error: TOOL_ERROR },
    ],
    [
      'with garbage',
      ({ upstream }) => upstream.say('data: garbage\n\n'),
      { state: 'failed', error: { code: 'upstream_invalid' } },
    ],
  ])('%s: readers and journal have the same', async (_, how, expected) => {
    const it = await begun(3)
    const { reading, running, kept, upstream, ended } = it
    how(it)
    const text = await reading.rest()
    const { state, error } = expected as { state: string; error?: object }
    const whole = error === undefined
    expect(text.endsWith(`data: [DONE]\n\n`)).toBe(whole)
    const closing = whole ? lastOf(text.slice(0, text.lastIndexOf('id: '))) : lastOf(text)
    expect(closing).toMatchObject({
      choices: [],
      usage: { completion_tokens: 3 },
      millrace: { state, usage_source: 'estimated', timing: { first_byte_ms: 0 } },
      ...(error && { error }),
    })
    await pass(0)
    expect(kept()).toMatchObject({ state, last: running.log.last })
    expect(ended).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ state }))
    expect(upstream.finished).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('with its time of keeping counted from its end', async () => {
    const { upstream, journal } = await begun(1)
    await pass(1000)
    upstream.say(DONE_EVENT)
    await pass(0)
    expect(journal.dueAt()).toBe(1000 + KEEPING.kept)
  })

  test('without a trace, if it never began and its id is not known', async () => {
    const { upstream, ended, kept } = start()
    upstream.refuse(new ApiError('upstream_refused'))
    await pass(0)
    expect(ended).toHaveBeenCalledExactlyOnceWith('refused')
    expect(kept()?.state).toBe('running')
    expect(upstream.finished).toBe(true)
  })

  test('as failed, if it never began and its id is known', async () => {
    const { upstream, running, ended, add } = start()
    running.idIsPublic = true
    const rest = add().rest()
    upstream.refuse(new ApiError('upstream_unreachable'))
    const last = lastOf(await rest)
    expect(last).toMatchObject({
      error: { code: 'upstream_unreachable' },
      millrace: { state: 'failed' },
      choices: [],
    })
    expect(last.millrace).not.toHaveProperty('timing')
    expect(ended).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ begun: undefined }))
  })
})

describe('a heartbeat comes', () => {
  const beats = (text: string) => text.match(/^:.*$/gm)?.length ?? 0

  test('after 15 s without an event, and again', async () => {
    const { reading, upstream } = await begun(1)
    const rest = reading.rest()
    await pass(HEARTBEAT_MS - FLUSH_MS)
    expect(beats(reading.text)).toBe(0)
    await pass(FLUSH_MS)
    expect(beats(reading.text)).toBe(1)
    await pass(HEARTBEAT_MS)
    expect(beats(reading.text)).toBe(2)
    upstream.say(DONE_EVENT)
    await rest
  })

  test('before the first event too', async () => {
    const { add, running } = start()
    running.idIsPublic = true
    const reading = add()
    void reading.rest()
    await pass(HEARTBEAT_MS)
    expect(beats(reading.text)).toBe(1)
  })

  test('only when no events come', async () => {
    const { reading, upstream } = await begun(1)
    const rest = reading.rest()
    for (let i = 0; i < 10; i++) {
      await pass(HEARTBEAT_MS - FLUSH_MS)
      upstream.say(delta('a'))
    }
    upstream.say(DONE_EVENT)
    expect(beats(await rest)).toBe(0)
  })

  test('while the upstream sends comments alone, which readers don’t get', async () => {
    const { reading, upstream } = await begun(1)
    void reading.rest()
    for (let i = 0; i < 4; i++) {
      await pass(HEARTBEAT_MS / 2)
      upstream.say(': PROCESSING\n\n')
    }
    await pass(FLUSH_MS)
    expect(beats(reading.text)).toBe(2)
  })
})

describe('silence', () => {
  test('of the upstream ends the stream after its deadline', async () => {
    const { reading, upstream } = await begun(1)
    const rest = reading.rest()
    await pass(SILENCE_MS - FLUSH_MS)
    expect(upstream.aborted).toBeUndefined()
    upstream.say(': still here\n\n')
    await pass(SILENCE_MS - FLUSH_MS)
    expect(upstream.aborted).toBeUndefined()
    // Looked at four times in that time.
    await pass(SILENCE_MS / 4 + FLUSH_MS)
    expect(upstream.aborted).toMatchObject({ code: 'upstream_silence_timeout' })
    expect(lastOf(await rest)).toMatchObject({
      error: { code: 'upstream_silence_timeout' },
      millrace: { state: 'failed' },
    })
  })

  test('before the first byte is not counted, because that has deadlines of its own', async () => {
    const { upstream, running, add } = start()
    running.idIsPublic = true
    const rest = add().rest()
    await pass(2 * SILENCE_MS)
    expect(upstream.aborted).toBeUndefined()
    for (const event of answerEvents(['late'])) upstream.say(event)
    expect(await rest).toContain('late')
  })
})

describe('a stream without readers', () => {
  test('goes on for a while, and is then stopped', async () => {
    const { reading, upstream, kept } = await begun(1)
    await reading.leave()
    for (let passed = 0; passed < KEEPING.abandoned - 1000; passed += 1000) {
      upstream.say(delta('unread '))
      await pass(1000)
    }
    expect(upstream.aborted).toBeUndefined()
    await pass(1000)
    expect(upstream.aborted).toMatchObject({ code: 'caller_left' })
    expect(kept()).toMatchObject({ state: 'stopped' })
  })

  test('waits for its upstream as long as nobody can have its id, whatever the clock says', async () => {
    const { upstream } = start()
    vi.setSystemTime(Date.now() + 2 * KEEPING.abandoned)
    await pass(FLUSH_MS)
    expect(upstream.aborted).toBeUndefined()
  })

  test('goes on to its end if a reader comes back in time', async () => {
    const { upstream, reading, add } = await begun(1)
    await reading.leave()
    const talking = setInterval(() => upstream.say(delta('read ')), 1000)
    await pass(KEEPING.abandoned - 1000)
    const rest = add(reading.cursor).rest()
    await pass(KEEPING.abandoned)
    clearInterval(talking)
    expect(upstream.aborted).toBeUndefined()
    upstream.say(DONE_EVENT)
    expect(await rest).toContain('"state":"done"')
  })
})

test('a reader that leaves 1 MiB untaken is cut off in half a second; the other gets everything', async () => {
  const { upstream, reading, add, running } = await begun(1)
  const other = add()
  const rest = other.rest()
  const large = delta('x'.repeat(100_000))
  for (let i = 0; i < 12; i++) upstream.say(large)
  await pass(FLUSH_MS)
  upstream.say(DONE_EVENT)
  const text = await rest
  expect(running.log.bytes).toBe(Buffer.byteLength(text))
  await expect(reading.rest()).rejects.toThrow('broke off')
  expect(reading.text + (await add(reading.cursor).rest())).toBe(text)
})

describe('an answer that is shown ahead of its verdict', () => {
  /** Verdicts come when the test gives them. */
  function judging() {
    const asked: PromiseWithResolvers<Verdict>[] = []
    const judge = () => {
      const verdict = Promise.withResolvers<Verdict>()
      asked.push(verdict)
      return verdict.promise
    }
    const moderate: UpstreamRun['moderate'] = (release) =>
      createModeration({ judge, mode: { kind: 'retract', lead: 1000 }, unreachable: 'closed', release })
    return { asked, moderate }
  }

  test('has no more events after one that is too long to be kept', async () => {
    const { asked, moderate } = judging()
    const { upstream, reading, journal, kept } = await begun(0, moderate)
    const tooLong = `data: {"choices":[{"index":0,"delta":{},"logprobs":"${'█'.repeat(600_000)}"}]}\n\n`
    upstream.say(delta('said') + tooLong + delta('after it'))
    await pass(1000)
    asked[0]?.resolve({ kind: 'flagged', categories: [] })
    const text = await reading.rest()
    expect(text).toContain('said')
    expect(text).not.toContain('after it')
    const stream = kept()
    if (stream === undefined) throw new Error('It is not kept.')
    const later = readAll(endedLog(journal, stream))
    expect(later).not.toMatch(/said|after it/)
    expect(later).toContain(`"${'█'.repeat('said'.length)}"`)
    expect(later.match(/^id: /gm)).toEqual(text.match(/^id: /gm))
  })

  test('has its unjudged text taken back, and not kept, when it is stopped', async () => {
    const { asked, moderate } = judging()
    const { upstream, reading, journal, kept } = await begun(0, moderate)
    const passes = 'x'.repeat(100)
    upstream.say(delta(passes))
    await pass(1000)
    asked[0]?.resolve({ kind: 'passed' })
    upstream.say(delta('y'.repeat(64)))
    await pass(1000)
    asked[1]?.resolve({ kind: 'passed' })
    upstream.say(delta('unjudged'))
    await reading.upTo(3)
    await pass(FLUSH_MS)
    upstream.run.stop()
    const text = await reading.rest()
    const { millrace } = JSON.parse(
      text
        .split('\n\n')
        .at(-3)
        ?.replace(/^id: \d+\ndata: /, '') ?? '',
    )
    expect(millrace).toMatchObject({ state: 'stopped', retract: { 0: 72 } })
    const stream = kept()
    if (stream === undefined) throw new Error('It is not kept.')
    const later = readAll(endedLog(journal, stream))
    expect(later).toContain(passes)
    expect(later).not.toMatch(/yy|unjudged/)
    expect(later).toContain('█'.repeat('unjudged'.length))
    expect(later.match(/^id: /gm)).toEqual(text.match(/^id: /gm))
  })
})
