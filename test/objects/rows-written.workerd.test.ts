/**
 * Rows written are what keeping an answer costs. All that an answer causes in its caller's object is counted as it
 * is billed, by SQLite's own count: from the reservation to the last deletion, with indexes and alarms.
 */
import { runInDurableObject } from 'cloudflare:test'
import { exports } from 'cloudflare:workers'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { FormatName } from '../../worker/formats/wire-format.ts'
import { RESPONSE_KEEP_MS } from '../../worker/limits.ts'
import type { Caller } from '../../worker/objects/caller-object.ts'
import { toBytes } from '../../worker/protocol/encode.ts'
import { countRows } from './count-rows.ts'
import type { Paced } from './paced-upstream.ts'

vi.mock('../../worker/upstreams/demo.ts', () => import('./paced-upstream.ts'))

// Before the object is made: it keeps the clock that it was made with.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] })
})
afterEach(() => void vi.useRealTimers())

const openingOf = (format: FormatName, paced: Paced) => ({
  format,
  bytes: toBytes(JSON.stringify({ messages: [{ role: 'user', content: 'Why?' }], input: 'Why?', paced })),
  model: 'millrace-demo',
  idempotency: { key: 'key', hash: 'hash' },
  after: 0,
  reservation: { id: 'req_1', prompt: 10, output: 4096, expiresAt: Date.now() + 660_000 },
  limits: { tokensPerDay: 100_000, concurrency: 3, sliced: false },
  keep: format === 'responses' ? { input: '[]', expires: Date.now() + RESPONSE_KEEP_MS } : undefined,
})

/** Lets the object's alarms come, each in its time, until nothing is left of the answer. */
async function expireAll(object: Caller, storage: DurableObjectStorage): Promise<void> {
  for (let at = await storage.getAlarm(); at !== null; at = await storage.getAlarm()) {
    vi.setSystemTime(Math.max(Date.now(), at))
    await storage.deleteAlarm()
    await object.alarm()
  }
}

async function rowsOf(format: FormatName, paced: Paced): Promise<{ tables: number; answer: number }> {
  const stub = exports.Caller.getByName(`key:${crypto.randomUUID()}`)
  return runInDurableObject(stub, async (object: Caller, { storage }) => {
    const rows = countRows(storage)
    object.warm()
    if (format === 'responses') object.placeOfResponse('none')
    await vi.advanceTimersByTimeAsync(0)
    const tables = rows()
    const { answer } = await object.open(openingOf(format, paced))
    const text = new Response(answer?.events ?? null).text()
    let isOver = false
    text.finally(() => {
      isOver = true
    })
    while (!isOver) await vi.advanceTimersByTimeAsync(1000)
    expect(await text).toContain('"state":"done"')
    await expireAll(object, storage)
    expect(storage.sql.exec('SELECT name FROM sqlite_master').toArray()).toEqual([])
    return { tables, answer: rows() - tables }
  })
}

/** The goal is 25 for 500 tokens at a realistic pace. A response writes four more, to be kept for 30 days. */
const ANSWERS = [
  ['chat-completions', 500, 90, 16],
  ['chat-completions', 500, 50, 19],
  ['chat-completions', 500, 10, 39],
  ['chat-completions', 100, 90, 10],
  ['responses', 500, 90, 20],
  ['responses', 500, 50, 23],
  ['responses', 500, 10, 43],
  ['responses', 100, 90, 14],
] as const

test.each(ANSWERS)(
  '%s: an answer of %i tokens, %i a second, writes at most %i rows',
  async (format, tokens, pace, most) => {
    const { answer } = await rowsOf(format, { tokens, every: Math.floor(1000 / pace) })
    expect(answer).toBeLessThanOrEqual(most)
  },
)

test('a new object makes its tables and sets its alarm in 17 rows', async () => {
  const { tables } = await rowsOf('chat-completions', { tokens: 1, every: 10 })
  expect(tables).toBe(17)
})
