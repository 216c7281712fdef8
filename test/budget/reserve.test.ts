import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLedger } from '../../worker/budget/ledger.ts'
import { type Allotting, createReserve, type Decision } from '../../worker/budget/reserve.ts'
import type { Limits } from '../../worker/budget/standing.ts'
import { createTotal } from '../../worker/budget/total.ts'
import { openDatabase } from '../support/sqlite.ts'

const NOON = Date.UTC(2026, 10, 22, 12)
const MIDNIGHT = Date.UTC(2026, 10, 23)
const ANYONE: Limits = { tokensPerDay: undefined, concurrency: undefined, sliced: true }

/** A caller's object, which reaches the total by `allotting`. */
function createCaller(allotting: Allotting, clock = () => NOON) {
  const ledger = createLedger(openDatabase())
  const reserve = createReserve(ledger, allotting, clock)
  let calls = 0
  const ask = (tokens: number, limits = ANYONE): Promise<Decision> =>
    reserve({ id: `call ${++calls}`, prompt: 0, output: tokens, expiresAt: NOON + 60_000 }, limits)
  return { ledger, ask }
}

/** A total, and how often it was asked. `pass`: what happens to a message on its way, there and back. */
function createAllotting(
  limit: number,
  pass: () => Promise<unknown> = async () => undefined,
  clock = () => NOON,
) {
  const total = createTotal(openDatabase())
  const asked = { times: 0 }
  const allotting: Allotting = {
    async allot(request) {
      asked.times++
      await pass()
      const answer = total.allot(request, limit, clock())
      await pass()
      return answer
    },
  }
  return { total, asked, allotting }
}

test('a caller asks the total once for several questions, also when they come at once', async () => {
  const { allotting, asked } = createAllotting(64_000)
  const { ask } = createCaller(allotting)
  const decisions = await Promise.all(Array.from({ length: 10 }, () => ask(100)))
  expect(decisions.every(({ kind }) => kind === 'reserved')).toBe(true)
  expect(asked.times).toBe(1)
})

test('without a limit on the deployment nobody is asked', async () => {
  const { allotting, asked } = createAllotting(64_000)
  const { ask } = createCaller(allotting)
  expect((await ask(100, { ...ANYONE, sliced: false })).kind).toBe('reserved')
  expect(asked.times).toBe(0)
})

test("what the caller's own limits refuse is not asked for", async () => {
  const { allotting, asked } = createAllotting(64_000)
  const { ask } = createCaller(allotting)
  expect(await ask(100, { ...ANYONE, tokensPerDay: 99 })).toMatchObject({
    refusal: { limit: 'tokens_per_day' },
  })
  expect(asked.times).toBe(0)
})

test("a refusal of the deployment's says that it is, and what it knows", async () => {
  const { allotting } = createAllotting(1000)
  const { ask } = createCaller(allotting)
  expect(await ask(1001, { ...ANYONE, tokensPerDay: 5000 })).toEqual({
    kind: 'refused',
    refusal: {
      limit: 'total_tokens_per_day',
      allowed: 1000,
      left: 1000,
      needed: 1001,
      resetsAt: MIDNIGHT,
      retryAfterMs: MIDNIGHT - NOON,
    },
    standing: expect.objectContaining({ used: 0, left: 5000, limit: 5000 }),
  })
})

test('a smaller question is served after a larger one was refused', async () => {
  const { allotting } = createAllotting(1000)
  const { ask } = createCaller(allotting)
  const [large, small] = await Promise.all([ask(1001), ask(1000)])
  expect([large.kind, small.kind]).toEqual(['refused', 'reserved'])
})

test('where the total cannot be reached the call is not made, and the next one asks again', async () => {
  const faults = [new Error('unreachable'), undefined]
  const { allotting } = createAllotting(1000, async () => {
    const fault = faults.shift()
    if (fault !== undefined) throw fault
  })
  const { ask, ledger } = createCaller(allotting)
  const [first, second] = await Promise.allSettled([ask(100), ask(200)])
  expect([first.status, second.status]).toEqual(['rejected', 'fulfilled'])
  expect(ledger.usage(ANYONE, NOON).reserved).toBe(200)
})

test('a question asked on one day and answered on the next belongs to the next', async () => {
  let now = MIDNIGHT - 1
  const pass = async () => {
    now = MIDNIGHT + 1
  }
  const { allotting, total } = createAllotting(1000, pass, () => now)
  const { ask } = createCaller(allotting, () => now)
  expect((await ask(1000)).kind).toBe('reserved')
  expect(total.standing(1000, MIDNIGHT)).toMatchObject({ held: 1000 })
})

test('grants that are never taken end in an error, not in a loop', async () => {
  const { allotting, asked } = createAllotting(1000)
  const forgetful: Allotting = {
    allot: async (request) => ({ ...(await allotting.allot(request)), lease: 'another' }),
  }
  await expect(createCaller(forgetful).ask(10)).rejects.toThrow('not taken')
  expect(asked.times).toBe(3)
})

test('200 calls of 10 callers at once against a total for 20: 20 are let through, in any order of messages', async () => {
  const property = fc.asyncProperty(fc.scheduler(), async (scheduler) => {
    const { allotting, total } = createAllotting(20 * 50, () => scheduler.schedule(Promise.resolve()))
    const callers = Array.from({ length: 10 }, () => createCaller(allotting))
    const decisions = callers.flatMap(({ ask }) => Array.from({ length: 20 }, () => ask(50)))
    const kinds = (await scheduler.waitFor(Promise.all(decisions))).map(({ kind }) => kind)
    expect(kinds.filter((kind) => kind === 'reserved')).toHaveLength(20)
    expect(total.standing(1000, NOON)).toMatchObject({ held: 1000, left: 0 })
  })
  await fc.assert(property, { numRuns: 20 })
}, 60_000)
