/** Objects that an earlier release left in mid-answer are started by this one. */
import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { exports } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { dayOf } from '../../worker/budget/day.ts'
import { SESSIONS_PER_ADDRESS } from '../../worker/limits.ts'
import { sqlOf } from '../../worker/objects/sql.ts'
import { EVENTS, HELD, makeAddress, makeCaller, makeDeployment, RESERVED, RUNNING, USED } from './schema-1.ts'

const LIMITS = { tokensPerDay: 10_000, concurrency: 3, sliced: false }

test('a stream that was running is served and interrupted, and its reservation is settled', async () => {
  const caller = () => exports.Caller.getByName('visitor:earlier')
  await runInDurableObject(caller(), async (_, { storage }) => {
    makeCaller(sqlOf(storage), Date.now())
    await storage.setAlarm(Date.now() + 3_600_000)
  })
  await abortAllDurableObjects()

  const { answer: followed } = await caller().follow(RUNNING, 0)
  const text = await new Response(followed?.events ?? null).text()
  expect(text.startsWith(EVENTS.join(''))).toBe(true)
  const last = JSON.parse(text.slice(text.lastIndexOf('data: ') + 'data: '.length))
  expect(last).toMatchObject({ error: { code: 'interrupted' }, millrace: { state: 'interrupted' } })
  const { total_tokens } = last.usage
  expect(total_tokens).toBeGreaterThan(RESERVED.prompt)
  const { answer: usage } = await caller().usage(LIMITS)
  expect(usage).toMatchObject({ used: USED + total_tokens, reserved: 0, running: 0 })

  // And it goes on: another call, and the alarm.
  const reservation = { id: 'req_next', prompt: 10, output: 90, expiresAt: Date.now() + 60_000 }
  expect((await caller().reserve(reservation, LIMITS)).answer).toMatchObject({ kind: 'reserved' })
  expect(await runDurableObjectAlarm(caller())).toBe(true)
  expect((await caller().usage(LIMITS)).answer).toMatchObject({ used: USED + total_tokens, reserved: 100 })
})

test('the deployment still knows who holds what', async () => {
  const deployment = () => exports.Treasury.getByName('total')
  const now = Date.now()
  await runInDurableObject(deployment(), (_, { storage }) => makeDeployment(sqlOf(storage), now))
  const back = { day: dayOf(now), lease: 'a lease', seq: 4, spent: 40, granted: 40, wanted: 40, cap: 40 }
  expect(await deployment().grant(back)).toMatchObject({ seq: 4, granted: 40, shortage: undefined })
  const total = await runInDurableObject(deployment(), (_, { storage }) =>
    storage.sql.exec('SELECT granted FROM total').one(),
  )
  expect(total).toEqual({ granted: 40 + HELD.others })
})

test('the sessions of an address still count', async () => {
  const address = exports.Address.getByName('earlier')
  const [limit] = SESSIONS_PER_ADDRESS
  await runInDurableObject(address, (_, { storage }) =>
    makeAddress(sqlOf(storage), Array<number>(limit.most).fill(Date.now())),
  )
  expect((await address.countSession()).answer).toMatchObject({ limit })
})
