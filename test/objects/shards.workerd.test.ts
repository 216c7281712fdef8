/**
 * A key's durable streams in shards: which object has which, what finds them again, and what settles them.
 */
import {
  abortAllDurableObjects,
  createExecutionContext,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test'
import { exports } from 'cloudflare:workers'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { app } from '../../worker/app.ts'
import { PROGRESS_CHARS } from '../../worker/limits.ts'
import { Caller } from '../../worker/objects/caller-object.ts'
import { chooseShard, shardName } from '../../worker/objects/shards.ts'
import { readStreamId } from '../../worker/streams/stream-id.ts'
import { Caller as Asker, JSON_TYPE } from '../protocol/caller.ts'
import { expectWhole } from '../protocol/expected.ts'
import { eventsOf } from '../protocol/following.ts'
import { gate, plan } from '../protocol/plan.ts'
import { TEXT_ANSWER, wireOf } from '../support/responses.ts'
import { answerEvents, delta, numbered, role } from '../support/sse.ts'

vi.mock('../../worker/upstreams/demo.ts', () => import('../protocol/plan-in-process.ts'))

const SHARDS = 8
const KEY = 'mr_q7wXs0mZ2kLr9tYb4nVd'
const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(KEY))).toHex()
const LIMITS = { tokensPerDay: 10_000_000, concurrency: undefined, sliced: false }

afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

/** The holder of a key of its own. */
function newHolder(vars: Record<string, string> = {}) {
  const name = crypto.randomUUID()
  const asking = (changed: Record<string, string>) =>
    new Asker(async (path, { headers, ...asked } = {}) =>
      app.fetch(
        new Request(`http://localhost${path}`, {
          ...asked,
          headers: { ...headers, authorization: `Bearer ${KEY}` },
        }),
        { ACCESS_KEYS: `${name}:${hash}`, KEY_DAILY_TOKENS: '10000000', ...vars, ...changed },
        createExecutionContext(),
      ),
    )
  const object = (shard: number) => exports.Caller.getByName(shardName(`key:${name}`, shard))
  return {
    caller: asking({}),
    /** The same caller, after the deployment was configured anew. */
    under: asking,
    object,
    usage: async () => (await object(0).usage(LIMITS)).answer,
  }
}
type Holder = ReturnType<typeof newHolder>

const shardOf = (id: string) => readStreamId(id)?.shard ?? Number.NaN

const tablesOf = (stub: ReturnType<Holder['object']>) =>
  runInDurableObject(stub, (_, { storage }) =>
    storage.sql
      .exec("SELECT name FROM sqlite_master WHERE name IN ('streams', 'spending', 'responses')")
      .toArray()
      .map(({ name }) => String(name))
      .toSorted(),
  )

const idsIn = (stub: ReturnType<Holder['object']>) =>
  runInDurableObject(stub, (_, { storage }) =>
    storage.sql
      .exec('SELECT id FROM streams')
      .toArray()
      .map(({ id }) => String(id)),
  )

const ANSWER = answerEvents(numbered(5))
const WHOLE = ANSWER.slice(0, -1)

/** An `Idempotency-Key` that leads to the caller's own object, or to another shard. */
function leadingTo(isIt: (shard: number) => boolean): { 'idempotency-key': string } {
  let key = ''
  do key = crypto.randomUUID()
  while (!isIt(chooseShard(key, SHARDS)))
  return { 'idempotency-key': key }
}
const here = () => leadingTo((shard) => shard === 0)
const elsewhere = () => leadingTo((shard) => shard !== 0)

const demo = new Asker((path, asked) => exports.default.fetch(`http://localhost${path}`, asked))

const usageIn = (text: string) => JSON.parse(eventsOf(text).at(-2)?.data ?? '').usage.total_tokens

describe('which object has which stream', () => {
  test('200 streams of one key are spread over its shards, each in the one that its id names, all whole', async () => {
    const { caller, object, usage } = newHolder()
    const all = await Promise.all(Array.from({ length: 200 }, () => caller.read(plan(...ANSWER))))
    const byShard = Map.groupBy(all, ({ id }) => shardOf(id))
    expect([...byShard.keys()].toSorted()).toEqual(Array.from({ length: SHARDS }, (_, shard) => shard))
    for (const [shard, streams] of byShard) {
      expect((await idsIn(object(shard))).toSorted()).toEqual(streams.map(({ id }) => id).toSorted())
      // 25 by chance, in nearly all cases 10 to 40.
      expect(streams.length).toBeLessThan(60)
      // The ledger is one.
      expect((await tablesOf(object(shard))).includes('spending')).toBe(shard === 0)
    }
    let used = 0
    for (const { id, text } of all) {
      expectWhole(text, WHOLE)
      expect(await caller.replay(id)).toBe(text)
      used += usageIn(text)
    }
    await expect.poll(usage).toMatchObject({ used, reserved: 0, running: 0 })
  })

  test('without limits too what they used is counted, for `/v1/usage`', async () => {
    const { caller, usage } = newHolder({ KEY_DAILY_TOKENS: '' })
    const all = await Promise.all(Array.from({ length: 20 }, () => caller.read(plan(...ANSWER))))
    const used = all.reduce((sum, { text }) => sum + usageIn(text), 0)
    await expect.poll(async () => (await usage())?.used).toBe(used)
  })

  test.each([
    ['the demo’s caller', 'demo'],
    ['a visitor', `visitor:${'v'.repeat(22)}`],
  ])('%s has one object', async (_, name) => {
    if (name === 'demo') {
      for (let times = 0; times < 10; times++) expect(shardOf((await demo.read(plan(...ANSWER))).id)).toBe(0)
    }
    expect(await tablesOf(exports.Caller.getByName(shardName(name, 1)))).toEqual([])
  })

  test('all of them are made ready at once', async () => {
    const { caller, object } = newHolder()
    expect((await caller.reach('/v1/streams')).status).toBe(204)
    const tables = await Promise.all(
      Array.from({ length: SHARDS + 1 }, (_, shard) => tablesOf(object(shard))),
    )
    const [own, ...others] = tables
    expect(own).toEqual(['spending', 'streams'])
    expect(others.slice(0, -1)).toEqual(Array.from({ length: SHARDS - 1 }, () => ['streams']))
    expect(others.at(-1)).toEqual([])
  })
})

describe('a question that comes again with its `Idempotency-Key`', () => {
  test('finds its stream, in whichever shard', async () => {
    const { caller } = newHolder()
    const shards = new Set<number>()
    for (let times = 0; times < 20; times++) {
      const [key, its] = [{ 'idempotency-key': `again-${times}` }, plan(...ANSWER)]
      const first = await caller.read(its, key)
      const again = await caller.begin(its, key)
      expect([again.id, again.response.headers.get('idempotent-replayed')]).toEqual([first.id, 'true'])
      expect(await again.rest()).toBe(first.text)
      shards.add(shardOf(first.id))
    }
    expect(shards.size).toBeGreaterThan(1)
  })
})

describe('when the number of shards changes', () => {
  test.each(['1', '3', '32'])(
    'to %s, streams that are kept are read, followed and stopped',
    async (count) => {
      const { caller, under } = newHolder()
      const later = under({ KEY_SHARDS: count })
      const known = await Promise.all(Array.from({ length: 20 }, () => caller.read(plan(...ANSWER))))
      for (const { id, text } of known)
        expect(await later.replay(id, 2)).toBe(text.slice(text.indexOf('id: 3')))
      const running = await caller.begin(plan(role(), gate()), elsewhere())
      expect((await later.stop(running.id)).status).toBe(204)
      expectWhole(await running.rest(), [role()], 'stopped')
    },
  )

  test('a key whose shard is another one then opens a stream of its own', async () => {
    const { caller, under } = newHolder({ KEY_SHARDS: '32' })
    const [key, its] = [{ 'idempotency-key': 'over-the-change' }, plan(...ANSWER)]
    const { id } = await caller.read(its, key)
    expect(shardOf(id)).toBeGreaterThan(0)
    const again = await under({ KEY_SHARDS: '1' }).begin(its, key)
    expect([shardOf(again.id), again.response.headers.has('idempotent-replayed')]).toEqual([0, false])
    await again.rest()
  })
})

test('an id of an earlier release is found in the caller’s own object', async () => {
  const { caller, object } = newHolder()
  const { id, text } = await caller.read(plan(...ANSWER), here())
  const earlier = `str_${'E'.repeat(22)}`
  await runInDurableObject(object(0), (_, { storage }) => {
    storage.sql.exec('UPDATE streams SET id = ? WHERE id = ?', earlier, id)
  })
  expect(await caller.replay(earlier)).toBe(text)
  expect((await caller.stop(earlier)).status).toBe(204)
  expect((await caller.get(id)).status).toBe(404)
})

describe('an id that was made up', () => {
  const altered = (id: string, at: number) =>
    `${id.slice(0, at)}${id[at] === '1' ? '2' : '1'}${id.slice(at + 1)}`

  test.each(['get', 'stop'] as const)(
    'is answered as one that never was, and no object is asked: %s',
    async (how) => {
      const [mine, other] = [newHolder(), newHolder()]
      const [own, foreign] = await Promise.all(
        [mine, other].map(({ caller }) => caller.begin(plan(...ANSWER), elsewhere())),
      )
      if (own === undefined || foreign === undefined) throw new Error('Neither began.')
      await Promise.all([own.rest(), foreign.rest()])
      const never = await (await mine.caller.get(`str_${'0'.repeat(22)}`)).text()
      const asked = [vi.spyOn(Caller.prototype, 'follow'), vi.spyOn(Caller.prototype, 'stop')]
      const madeUp = [
        foreign.id,
        // Its random part, its shard, its serial, its tag.
        ...[4, 27, 28, 29, 39, 40, 59].map((at) => altered(own.id, at)),
        `str_${'A'.repeat(24)}${'0'.repeat(32)}`,
        own.id.replace('str_', 'resp_'),
      ]
      for (const id of madeUp) {
        const response = await mine.caller[how](id)
        expect([id, response.status, await response.text()]).toEqual([id, 404, never])
      }
      expect(asked.map(({ mock }) => mock.calls.length)).toEqual([0, 0])
      expect((await mine.caller[how](own.id)).status).toBe(how === 'get' ? 200 : 204)
    },
  )

  test('of a response is looked for in the caller’s own object, which it gives no tables', async () => {
    const { caller, object } = newHolder()
    const other = newHolder()
    const { id } = await other.caller.begin(plan(...ANSWER), elsewhere())
    for (const one of [id.replace('str_', 'resp_'), `resp_${'A'.repeat(24)}${'0'.repeat(32)}`, 'resp_1']) {
      const response = await caller.reach(`/v1/responses/${one}`)
      expect([response.status, await response.json()]).toMatchObject([
        404,
        { error: { code: 'response_not_found', param: 'id' } },
      ])
      const next = await caller.reach('/v1/responses', {
        method: 'POST',
        headers: JSON_TYPE,
        body: JSON.stringify({ input: 'And then?', previous_response_id: one }),
      })
      expect([next.status, await next.json()]).toMatchObject([
        404,
        { error: { code: 'previous_response_not_found' } },
      ])
    }
    for (let shard = 0; shard < SHARDS; shard++) expect(await tablesOf(object(shard))).toEqual([])
  })
})

describe('what settles a stream in a shard', () => {
  test('that is restarted in mid-answer: its alarm, once', async () => {
    const { caller, object, usage } = newHolder()
    const words = numbered(40).map(delta)
    const reading = await (await caller.begin(plan(role(), ...words, gate()), elsewhere())).take(41)
    const shard = shardOf(reading.id)
    expect(await usage()).toMatchObject({ used: 0, running: 1 })
    await abortAllDurableObjects()
    await expect(reading.rest()).rejects.toThrow()
    expect(await runDurableObjectAlarm(object(shard))).toBe(true)
    const last = JSON.parse(eventsOf(await caller.replay(reading.id)).at(-1)?.data ?? '')
    expect(last.millrace.state).toBe('interrupted')
    const settled = { used: last.usage.total_tokens, reserved: 0, running: 0 }
    expect(await usage()).toMatchObject(settled)
    // Neither it nor the ledger's object does so again.
    await abortAllDurableObjects()
    await runDurableObjectAlarm(object(shard))
    await runDurableObjectAlarm(object(0))
    expect(await usage()).toMatchObject(settled)
  })

  test('that does not come back: the ledger, at what it had noted of the answer', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { caller, object, usage } = newHolder()
    const words = Array.from({ length: 1200 }, () => delta('word '))
    const reading = await caller.begin(plan(role(), ...words, gate()), elsewhere())
    const noted = () =>
      runInDurableObject(object(0), (_, { storage }) => {
        const [row] = storage.sql.exec('SELECT known FROM reservation WHERE known > 0').toArray()
        return Number(row?.known ?? 0)
      })
    await expect.poll(noted).toBeGreaterThan(PROGRESS_CHARS / 10)
    const known = await noted()
    vi.setSystemTime(Date.now() + 60 * 60_000)
    expect(await usage()).toMatchObject({ running: 0 })
    expect((await usage())?.used).toBeGreaterThanOrEqual(known)
    // Its count comes late, and replaces the estimate.
    const log = vi.spyOn(console, 'log')
    await caller.stop(reading.id)
    await reading.rest()
    const lines = () =>
      log.mock.calls.map(([line]) => JSON.parse(line)).filter(({ end }) => end === 'stopped')
    await expect.poll(lines).toHaveLength(1)
    await expect.poll(async () => (await usage())?.used).toBe(lines()[0].charged_tokens)
  })
})

describe('a shard whose ledger can not be reached', () => {
  test('opens nothing, and asks no model', async () => {
    const { caller, object, usage } = newHolder()
    const failing = vi.spyOn(Caller.prototype, 'reserve').mockRejectedValue(new Error('overloaded'))
    const its = plan(...ANSWER)
    const response = await caller.post(its, elsewhere())
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([503, 'true'])
    expect(await response.json()).toMatchObject({ error: { code: 'object_unavailable' } })
    failing.mockRestore()
    expect((await demo.callsOf(its)).made).toBe(0)
    expect(await usage()).toMatchObject({ reserved: 0, running: 0 })
    for (let shard = 1; shard < SHARDS; shard++) {
      if ((await tablesOf(object(shard))).includes('streams')) expect(await idsIn(object(shard))).toEqual([])
    }
  })

  test('at the end of an answer asks it again, and is settled once', async () => {
    const { caller, usage } = newHolder()
    const more = gate()
    const reading = await caller.begin(plan(role(), more, ...ANSWER), elsewhere())
    const failing = vi.spyOn(Caller.prototype, 'settle').mockRejectedValueOnce(new Error('overloaded'))
    await demo.open(more)
    const used = usageIn(await reading.rest())
    await expect.poll(usage).toMatchObject({ used, reserved: 0, running: 0 })
    expect(failing).toHaveBeenCalledTimes(2)
  })
})

test('a conversation crosses shards: each answer is in its own, and the next one goes on from it', async () => {
  const { caller, object } = newHolder()
  const ask = async (fields: object) => {
    const response = await caller.reach('/v1/responses', {
      method: 'POST',
      headers: JSON_TYPE,
      body: JSON.stringify({ background: true, stream: true, ...fields }),
    })
    expect(response.status, response.status === 200 ? '' : await response.clone().text()).toBe(200)
    const id = response.headers.get('stream-id') ?? ''
    await response.text()
    return id
  }
  const first = await ask({ input: 'One.', plan: plan(wireOf(TEXT_ANSWER)) })
  let next = first
  while (shardOf(next) === shardOf(first)) {
    next = await ask({ input: 'Two.', previous_response_id: first, plan: plan(wireOf(TEXT_ANSWER)) })
  }
  const items = await caller.reach(`/v1/responses/${next}/input_items`)
  const { data } = (await items.json()) as { data: { content: unknown; role: string }[] }
  expect(data.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
  expect(await tablesOf(object(shardOf(next)))).toContain('responses')
  expect((await caller.reach(`/v1/responses/${first}`, { method: 'DELETE' })).status).toBe(200)
  expect((await caller.reach(`/v1/responses/${first}`)).status).toBe(404)
  expect((await caller.reach(`/v1/responses/${next}`)).status).toBe(200)
})
