/** An object has an alarm as long as it has tables: the alarm wipes them, and restarts an object that was evicted. */
import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { exports } from 'cloudflare:workers'
import { afterEach, expect, test, vi } from 'vitest'
import { gate, plan } from '../protocol/plan.ts'
import { role } from '../support/sse.ts'

vi.mock('../../worker/upstreams/demo.ts', () => import('../protocol/plan-in-process.ts'))

afterEach(() => abortAllDurableObjects())

type Stub = ReturnType<typeof newCaller>
const newCaller = () => exports.Caller.getByName(`key:${crypto.randomUUID()}`)
/** A stub of an object that was aborted stays broken. */
const again = (stub: Stub) => exports.Caller.getByName(stub.name ?? '')

const kept = (stub: Stub) =>
  runInDurableObject(stub, async (_, { storage }) => ({
    tables: storage.sql
      .exec("SELECT name FROM sqlite_master WHERE name IN ('streams', 'packs', 'spending', 'responses')")
      .toArray()
      .map(({ name }) => String(name))
      .toSorted(),
    alarm: (await storage.getAlarm()) !== null,
  }))

const NOTHING = { tables: [] as string[], alarm: false }
const ALL = ['packs', 'spending', 'streams']
const LIMITS = { tokensPerDay: 1000, concurrency: undefined, sliced: false }

test.each([
  ['was made ready', ALL, (stub: Stub) => stub.warm()],
  ['told what it has used', ['spending'], (stub: Stub) => stub.usage(LIMITS)],
])('an object that %s, and no more, has %j and is wiped', async (_, tables, ask) => {
  const stub = newCaller()
  await ask(stub)
  expect(await kept(stub)).toEqual({ tables, alarm: true })
  expect(await runDurableObjectAlarm(stub)).toBe(true)
  expect(await kept(stub)).toEqual(NOTHING)
  // Again, in the same life.
  await ask(stub)
  expect(await kept(stub)).toEqual({ tables, alarm: true })
})

test.each<[string, (stub: Stub) => unknown]>([
  ['a stream to follow', (stub) => stub.follow('str_unknown', 0)],
  ['a stream to stop', (stub) => stub.stop('str_unknown')],
  ['a response', (stub) => stub.placeOfResponse('resp_unknown')],
  ['a conversation', (stub) => stub.conversation('resp_unknown')],
])('an object that was asked for %s that it has not, and no more, is as empty as before', async (_, ask) => {
  const stub = newCaller()
  await ask(stub)
  expect(await kept(stub)).toEqual(NOTHING)
})

test('an object that the alarm restarted is wiped too', async () => {
  const stub = newCaller()
  await stub.warm()
  await abortAllDurableObjects()
  expect(await runDurableObjectAlarm(again(stub))).toBe(true)
  expect(await kept(again(stub))).toEqual(NOTHING)
})

test('after a restart the alarm ends an answer without limits, though no request comes', async () => {
  const stub = newCaller()
  const { answer } = await stub.open({
    format: 'chat-completions',
    bytes: new TextEncoder().encode(
      JSON.stringify({
        stream: true,
        messages: [{ role: 'user', content: 'Say hello.' }],
        plan: plan(role(), gate()),
      }),
    ),
    model: 'millrace-demo',
    idempotency: undefined,
    after: 0,
    reservation: { id: crypto.randomUUID(), prompt: 10, output: 100, expiresAt: Date.now() + 60_000 },
    limits: undefined,
  })
  expect(answer).toBeDefined()
  void answer?.events?.cancel()
  expect(await runDurableObjectAlarm(stub), 'while it runs').toBe(true)
  expect(await kept(stub), 'it has the next one').toEqual({ tables: ['packs', 'streams'], alarm: true })
  await abortAllDurableObjects()
  const log = vi.spyOn(console, 'log')
  expect(await runDurableObjectAlarm(again(stub))).toBe(true)
  const lines = log.mock.calls.map(([line]) => JSON.parse(line))
  expect(lines).toEqual([expect.objectContaining({ end: 'interrupted', caller: stub.name })])
  log.mockRestore()
  expect(await kept(again(stub)), 'and it will expire').toEqual({
    tables: ['packs', 'spending', 'streams'],
    alarm: true,
  })
})
