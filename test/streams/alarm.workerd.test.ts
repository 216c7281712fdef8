/** An object has an alarm as long as it has tables: nobody else would wipe them, or end what a life before left running. */
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
    tables: storage.sql.exec("SELECT name FROM sqlite_master WHERE name IN ('streams', 'packs')").toArray()
      .length,
    alarm: (await storage.getAlarm()) !== null,
  }))

const NOTHING = { tables: 0, alarm: false }
const LIMITS = { tokensPerDay: 1000, concurrency: undefined, sliced: false }

test.each([
  ['was made ready', (stub: Stub) => stub.warm()],
  ['told what it has used', (stub: Stub) => stub.usage(LIMITS)],
  ['was asked for a stream that it has not', (stub: Stub) => stub.follow('str_unknown', 0)],
])('an object that %s, and no more, is wiped', async (_, ask) => {
  const stub = newCaller()
  await ask(stub)
  expect(await kept(stub)).toEqual({ tables: 2, alarm: true })
  expect(await runDurableObjectAlarm(stub)).toBe(true)
  expect(await kept(stub)).toEqual(NOTHING)
  // Again, in the same life.
  await ask(stub)
  const { tables, alarm } = await kept(stub)
  expect(alarm).toBe(tables > 0)
})

test('and by a life that the alarm began', async () => {
  const stub = newCaller()
  await stub.warm()
  await abortAllDurableObjects()
  expect(await runDurableObjectAlarm(again(stub))).toBe(true)
  expect(await kept(again(stub))).toEqual(NOTHING)
})

test('an answer without limits, of which nobody asks any more, is ended by the alarm', async () => {
  const stub = newCaller()
  const { answer } = await stub.open({
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
  expect(await kept(stub), 'it has the next one').toEqual({ tables: 2, alarm: true })
  await abortAllDurableObjects()
  const log = vi.spyOn(console, 'log')
  expect(await runDurableObjectAlarm(again(stub))).toBe(true)
  const lines = log.mock.calls.map(([line]) => JSON.parse(line))
  expect(lines).toEqual([expect.objectContaining({ end: 'interrupted', caller: stub.name })])
  log.mockRestore()
  expect(await kept(again(stub)), 'and it will expire').toEqual({ tables: 2, alarm: true })
})
