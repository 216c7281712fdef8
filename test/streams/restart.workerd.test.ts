/**
 * The caller's object is restarted, by a deployment or the platform: what was journalled is served, and then
 * how it ended.
 */
import {
  abortAllDurableObjects,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test'
import { exports } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { FLUSH_MS, KEEPING, MAX_PACK_BYTES } from '../../worker/limits.ts'
import { sqlOf } from '../../worker/objects/sql.ts'
import { createJournal } from '../../worker/streams/journal.ts'
import { Caller, errorOf } from '../protocol/caller.ts'
import { expectWhole } from '../protocol/expected.ts'
import { eventsOf, type Following, upTo } from '../protocol/following.ts'
import { gate, plan } from '../protocol/plan.ts'
import { answerEvents, delta, numbered, role } from '../support/sse.ts'

vi.mock('../../worker/upstreams/demo.ts', () => import('../protocol/plan-in-process.ts'))

const caller = new Caller((path, asked) => exports.default.fetch(`http://localhost${path}`, asked))
/** The demo's callers are one. A way to its object ends with the object. */
const object = () => exports.Caller.getByName('demo')

const ANSWER = answerEvents(numbered(40))
/** So many events of `HALF` fill a row. */
const ROW = 8
/** Two full rows, and a third one that is not full. */
const HALF = [role(), ...numbered(2 * ROW + 3).map((token) => delta(token.padEnd(MAX_PACK_BYTES / ROW)))]

// What is not in a full row is journalled by the clock, and that stands still.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
afterEach(() => void vi.useRealTimers())

/** A stream of which this much has come, and more could. */
async function begun(chunks = HALF) {
  const more = gate()
  const reading = await (await caller.begin(plan(...chunks, more, ...ANSWER))).take(chunks.length)
  return { reading, id: reading.id, more }
}

/** Lets the clock of the running streams tick. */
const flush = () => runInDurableObject(object(), () => void vi.advanceTimersByTime(FLUSH_MS))

const lastOf = (id: string) =>
  runInDurableObject(object(), (_, { storage }) => createJournal(sqlOf(storage)).byId(id)?.last)

/** Asserts that this reader's connection broke, where a clean end would say that there is no more. */
async function expectCut(reading: Following): Promise<void> {
  await expect(reading.rest()).rejects.toThrow()
  expect(reading.text).not.toContain('"millrace"')
}

/** Asserts: the upstream's first chunks, and then that it was interrupted. @returns that event */
function expectInterrupted(text: string, chunks: readonly string[]) {
  const events = eventsOf(text)
  const end = events.pop()
  expect(events).toEqual(chunks.map((one, i) => ({ id: i + 1, data: one.slice('data: '.length, -2) })))
  expect(end?.id).toBeGreaterThan(chunks.length)
  const data = JSON.parse(end?.data ?? '')
  expect(data).toMatchObject({
    choices: [],
    error: { code: 'interrupted', type: 'server_error', param: null, message: expect.stringMatching(/\w/) },
    millrace: { state: 'interrupted', usage_source: 'estimated' },
  })
  return data
}

describe('a restart before the first byte', () => {
  test('is told to a request with the same key, if the stream’s id was not known yet', async () => {
    const never = plan(gate())
    const key = { 'idempotency-key': crypto.randomUUID() }
    const asked = caller.post(never, key)
    await expect.poll(async () => (await caller.callsOf(never)).made).toBe(1)
    await abortAllDurableObjects()
    const response = await asked
    expect(response.status).toBe(503)
    expect(response.headers.get('x-should-retry')).toBe('true')
    expect(await errorOf(response)).toMatchObject({ code: 'object_unavailable' })
    const again = await caller.begin(never, key)
    expect(again.response.headers.get('idempotent-replayed')).toBe('true')
    expectInterrupted(await again.rest(), [])
    expect((await caller.callsOf(never)).made, 'and no second call is made').toBe(1)
  })

  test('cuts the reader off if it has the stream’s id, and it comes back to the end', async () => {
    const reading = await caller.begin(plan(gate()))
    await abortAllDurableObjects()
    await expectCut(reading)
    const { usage } = expectInterrupted(await caller.replay(reading.id), [])
    // `Say hello.` is 3 tokens, its role 1; the formula adds 3 for the message and 3 for the answer.
    expect(usage).toEqual({ prompt_tokens: 10, completion_tokens: 0, total_tokens: 10 })
  })
})

describe('a restart in mid-answer', () => {
  test('cuts all readers off, and they come back to the journalled events and the end, nothing twice', async () => {
    const { reading, id } = await begun()
    const kept = (await lastOf(id)) ?? 0
    expect(kept).toBeGreaterThan(ROW)
    expect(kept).toBeLessThan(HALF.length)
    const others = [await (await caller.follow(id)).take(1), await (await caller.follow(id, 5)).take(2)]
    await abortAllDurableObjects()
    for (const one of [reading, ...others]) await expectCut(one)

    const whole = await caller.replay(id)
    // What came since the last write is lost, though a reader has it.
    expectInterrupted(whole, HALF.slice(0, kept))

    const rest = await caller.replay(id, reading.cursor)
    expect(expectInterrupted(reading.text + rest, HALF)).toEqual(
      JSON.parse(eventsOf(whole).at(-1)?.data ?? ''),
    )
    for (let after = 0; after <= HALF.length; after++) {
      const again = upTo(reading.text, after) + (await caller.replay(id, after))
      expectInterrupted(again, HALF.slice(0, Math.max(kept, after)))
    }
  })

  test('ends the stream for good: nothing follows, nothing can be stopped, and later restarts change nothing', async () => {
    const { id } = await begun()
    await abortAllDurableObjects()
    const text = await caller.replay(id)
    const last = eventsOf(text).at(-1)?.id ?? 0
    expect((await caller.get(id, { header: String(last) })).status).toBe(204)
    expect((await caller.get(id, { header: String(last + 1) })).status).toBe(400)
    expect((await caller.stop(id)).status).toBe(204)
    await abortAllDurableObjects()
    expect(await caller.replay(id)).toBe(text)
  })

  test('accounts for the tokens that had come, in the end and in the log', async () => {
    const { id } = await begun()
    await flush()
    const log = vi.spyOn(console, 'log')
    await abortAllDurableObjects()
    const { usage, millrace } = expectInterrupted(await caller.replay(id), HALF)
    expect(usage.prompt_tokens).toBe(10)
    expect(usage.completion_tokens).toBeGreaterThan(HALF.length)
    expect(millrace).not.toHaveProperty('timing')
    const lines = log.mock.calls.map(([line]) => JSON.parse(line))
    expect(lines.filter(({ end }) => end === 'interrupted')).toEqual([
      expect.objectContaining({
        route: '/v1/streams',
        caller: 'demo',
        code: 'interrupted',
        prompt_tokens: usage.prompt_tokens,
        completion_tokens: usage.completion_tokens,
        usage_source: 'estimated',
      }),
    ])
    log.mockRestore()
  })

  test('ends several streams at once, each at its own place', async () => {
    const all = await Promise.all([1, 5, ROW, ROW + 1].map((count) => begun(HALF.slice(0, count))))
    await abortAllDurableObjects()
    for (const { id, reading } of all) {
      await expectCut(reading)
      expectInterrupted(
        reading.text + (await caller.replay(id, reading.cursor)),
        HALF.slice(0, reading.cursor),
      )
    }
  })
})

test('a restart between the last row and the end loses nothing that came before it', async () => {
  const { reading, id } = await begun()
  await flush()
  expect(await lastOf(id)).toBe(HALF.length)
  await abortAllDurableObjects()
  await expectCut(reading)
  expectInterrupted(await caller.replay(id), HALF)
})

describe('a stream that has ended', () => {
  test.each(['aborted', 'evicted'])('is unchanged when its object is %s', async (how) => {
    const { id, text } = await caller.read(plan(...ANSWER))
    const { id: stopped, reading } = await begun()
    await caller.stop(stopped)
    const half = await reading.rest()
    await (how === 'aborted' ? abortAllDurableObjects() : evictDurableObject(object()))
    expectWhole(text, ANSWER.slice(0, -1))
    expect(await caller.replay(id)).toBe(text)
    expectWhole(half, HALF, 'stopped')
    expect(await caller.replay(stopped)).toBe(half)
    expect((await caller.get(id, { header: String(eventsOf(text).length) })).status).toBe(204)
  })

  test('goes on where it was for a reader that a restart cuts off', async () => {
    const large = [
      role(),
      ...Array.from({ length: 30 }, () => delta('x'.repeat(100_000))),
      ...answerEvents([], { usage: true }).slice(1),
    ]
    const { id, text } = await caller.read(plan(...large))
    const reading = await (await caller.follow(id)).take(3)
    await abortAllDurableObjects()
    await expect(reading.rest()).rejects.toThrow()
    expect(reading.text + (await caller.replay(id, reading.cursor))).toBe(text)
  })
})

test('an object whose journal fails restarts itself, and readers get only what is kept', async () => {
  const more = gate()
  const reading = await (await caller.begin(plan(role(), more, ...ANSWER))).take(1)
  const run = (statement: string) =>
    runInDurableObject(object(), (_, { storage }) => void storage.sql.exec(statement))
  // No event can be written, but an end can.
  await run(`CREATE TRIGGER broken BEFORE UPDATE ON streams WHEN NEW.last > OLD.last
    BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END`)
  // The journal is written at the answer's end, at the latest.
  await caller.open(more)
  await expectCut(reading)
  expectInterrupted(await caller.replay(reading.id), [])
  await run('DROP TRIGGER broken')
  const { text } = await caller.read(plan(...ANSWER))
  expectWhole(text, ANSWER.slice(0, -1))
})

describe('a stream that has expired', () => {
  afterEach(async () => {
    vi.useRealTimers()
    // An object keeps the clock that it was made with.
    await abortAllDurableObjects()
  })
  const later = (ms: number) => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms })

  test('is removed by the alarm without a trace, also an interrupted one', async () => {
    const { id } = await caller.read(plan(...ANSWER))
    const { id: interrupted } = await begun()
    await abortAllDurableObjects()
    await caller.replay(interrupted)
    expect(await runDurableObjectAlarm(object())).toBe(true)
    expect(await caller.replay(id), 'not before its time').toContain('[DONE]')
    later(KEEPING.kept + 1000)
    expect(await runDurableObjectAlarm(object())).toBe(true)
    const unknown = await (await caller.get(`str_${'0'.repeat(22)}`)).text()
    for (const one of [id, interrupted]) {
      for (const response of [
        await caller.get(one),
        await caller.get(one, { header: '3' }),
        await caller.stop(one),
      ]) {
        expect([response.status, await response.text()]).toEqual([404, unknown])
      }
    }
  })

  test('leaves an object that has nothing, and works again', async () => {
    await caller.read(plan(...ANSWER))
    later(KEEPING.kept + 1000)
    await runDurableObjectAlarm(object())
    const left = await runInDurableObject(object(), async (_, { storage }) => ({
      tables: storage.sql.exec("SELECT name FROM sqlite_master WHERE name IN ('streams', 'packs')").toArray(),
      alarm: await storage.getAlarm(),
    }))
    expect(left).toEqual({ tables: [], alarm: null })
    vi.useRealTimers()
    const { id, text } = await caller.read(plan(...ANSWER))
    expectWhole(text, ANSWER.slice(0, -1))
    expect(await caller.replay(id)).toBe(text)
    expect(await runDurableObjectAlarm(object())).toBe(true)
  })

  test('takes nothing from what still runs', async () => {
    await caller.read(plan(...ANSWER))
    const { reading, id, more } = await begun()
    later(KEEPING.kept + 1000)
    await runDurableObjectAlarm(object())
    vi.useRealTimers()
    await caller.open(more)
    expectWhole(await reading.rest(), [...HALF, ...ANSWER.slice(0, -1)])
    expect(await caller.replay(id)).toBe(reading.text)
    expect(await runDurableObjectAlarm(object()), 'and it has an alarm of its own').toBe(true)
  })
})
