/**
 * What many small answers leave behind: nothing in the heap, no rows, and no alarm but that of the day's ledger.
 * Seen in a real workerd, by its inspector and in its databases.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROOT } from '../../scripts/bundle.ts'
import type { Server } from '../bench/server.ts'
import { startWorkerd } from '../bench/workerd.ts'
import { askStream } from '../support/caller.ts'
import { keys, openStream, type Sent, VISITORS, visit } from '../support/gate.ts'
import { type Inspector, inspect } from '../support/inspector.ts'
import { answer } from '../support/scripts.ts'
import { numbered } from '../support/sse.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

/** What V8's own tables vary by is less; what a call refers to is several times as much. */
const MOST_BYTES_A_CALL = 1000
const AT_ONCE = 20

const { ACCESS_KEYS, callers } = keys(1)
const key: Sent = callers[0] ?? {}

let storage: string
let upstream: Upstream
let server: Server
let inspector: Inspector

beforeAll(async () => {
  storage = await mkdtemp(join(tmpdir(), 'millrace-'))
  upstream = await startUpstream()
  server = await startWorkerd({
    bundle: `${ROOT}dist/worker`,
    bindings: {
      ...VISITORS,
      ACCESS_KEYS,
      OPENAI_API_KEY: 'sk-test',
      OPENAI_BASE_URL: `${upstream.url}/v1`,
      MODELS: 'gpt-test',
      KEY_DAILY_TOKENS: '900000000',
      STREAM_KEEP_MS: '1000',
    },
    configured: true,
    inspected: true,
    storage,
    onLog() {},
  })
  inspector = await inspect(server.inspector ?? '', () => fetch(`${server.url}/healthz`))
})
afterAll(async () => {
  inspector.close()
  await server.stop()
  await upstream.stop()
  await rm(storage, { recursive: true })
})

const read = async (asked: Promise<Response>) => {
  const response = await asked
  expect(response.ok, `${response.status}`).toBe(true)
  return response.text()
}

const asKey = { headers: key }
const left = async () => {
  await (await askStream(server.url, {}, asKey)).body?.cancel()
}
const visited = async () => read(openStream(server.url, {}, { headers: await visit(server.url) }))

test.each<[string, number, number, () => Promise<unknown>]>([
  ['durable streams of a key', 500, 1500, () => read(openStream(server.url, {}, asKey))],
  ['relayed answers', 200, 800, () => read(askStream(server.url, {}, asKey))],
  ['callers who left', 100, 300, left],
  ['visitors', 30, 100, visited],
])('after %s the heap is as it was', { timeout: 180_000 }, async (_, first, more, ask) => {
  // The answers go on for a while, so that a caller leaves in the middle of one.
  upstream.when(() => answer(numbered(4), ask === left ? 50 : 0))
  const askAll = async (count: number) => {
    let asked = 0
    const inTurn = async () => {
      while (asked++ < count) await ask()
    }
    await Promise.all(Array.from({ length: AT_ONCE }, inTurn))
    await upstream.until(({ open }) => open === 0)
    upstream.calls.length = 0
  }
  await askAll(first)
  const before = await inspector.heap()
  await askAll(more)
  const grown = async () => ((await inspector.heap()) - before) / more
  await expect.poll(grown, { interval: 1000 }).toBeLessThan(MOST_BYTES_A_CALL)
})

test('expired streams leave no rows, and the objects that had nothing else no alarm', async () => {
  const folder = join(storage, 'do', 'contestant-Caller')
  const rowsIn = (file: string, statement: string) => {
    const database = new DatabaseSync(join(folder, file), { readOnly: true })
    try {
      return database.prepare(statement).all()
    } finally {
      database.close()
    }
  }
  // A key's shards have its streams alone. Its own object and the visitors' also have the day's tokens.
  const alarms = () =>
    rowsIn('metadata.sqlite', "SELECT actor_name FROM _cf_ALARM WHERE actor_name LIKE '%#%'")
  await expect.poll(alarms).toEqual([])
  const objects = (await readdir(folder)).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name))
  expect(objects.length).toBeGreaterThan(130)
  const hasStreams = (file: string) =>
    rowsIn(file, "SELECT name FROM sqlite_master WHERE name = 'streams'").length > 0 &&
    rowsIn(file, 'SELECT serial FROM streams').length > 0
  await expect.poll(() => objects.filter(hasStreams)).toEqual([])
})
