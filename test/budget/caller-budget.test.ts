import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import type { CallerLimits } from '../../worker/budget/budget-state.ts'
import { createCallerBudget, type SliceSource } from '../../worker/budget/caller-budget.ts'
import { createDeploymentBudget } from '../../worker/budget/deployment-budget.ts'
import type { ReservationResult } from '../../worker/budget/ledger.ts'
import { GRANT_MS, OBJECT_REPLY_MS, SLICE_IDLE_MS } from '../../worker/limits.ts'
import { openDatabase } from '../support/sqlite.ts'

const NOON = Date.UTC(2026, 10, 22, 12)
const MIDNIGHT = Date.UTC(2026, 10, 23)
const ANYONE: CallerLimits = { tokensPerDay: undefined, concurrency: undefined, sliced: true }

/** A caller's budget, which asks `deployment` for its slices. */
function createCaller(deployment: SliceSource, clock = () => NOON) {
  const budget = createCallerBudget(openDatabase(), deployment, 'caller', clock)
  let calls = 0
  const ask = (tokens: number, limits = ANYONE): Promise<ReservationResult> =>
    budget.reserve({ id: `call ${++calls}`, prompt: 0, output: tokens, expiresAt: NOON + 60_000 }, limits)
  return { budget, ask }
}

/**
 * The deployment's budget, and how often it was asked.
 * @param pass what happens to a message on its way, there and back
 */
function createDeployment(
  limit: number,
  pass: () => Promise<unknown> = async () => undefined,
  clock = () => NOON,
) {
  const database = openDatabase()
  const budget = createDeploymentBudget(database)
  const asked = { times: 0 }
  const deployment: SliceSource = {
    async grant(request) {
      asked.times++
      await pass()
      const answer = budget.grant(request, limit, clock())
      await pass()
      return answer
    },
  }
  /** What is granted of all days together. */
  const granted = () => Number(database.rows('SELECT sum(granted) AS granted FROM total')[0]?.granted)
  return { granted, asked, deployment }
}

test('a call without a reservation is charged what it used, unless that is no count', () => {
  const { budget } = createCaller(createDeployment(1000).deployment)
  for (const used of [Number.NaN, -5, 1.5, Number.POSITIVE_INFINITY, 1e18]) budget.charge('absurd', used)
  budget.charge('counted', 42)
  expect(budget.usage(ANYONE)).toMatchObject({ used: 42, reserved: 0, running: 0 })
})

test('a call with a reservation is settled by its charge, not counted twice', async () => {
  const { budget, ask } = createCaller(createDeployment(1000).deployment)
  await ask(100)
  budget.charge('call 1', 42)
  expect(budget.usage(ANYONE)).toMatchObject({ used: 42, reserved: 0, running: 0 })
})

test('a caller asks the deployment seldom, also when its questions come at once', async () => {
  const { deployment, asked } = createDeployment(64_000)
  const { ask } = createCaller(deployment)
  const decisions = await Promise.all(Array.from({ length: 10 }, () => ask(100)))
  expect(decisions.every(({ kind }) => kind === 'reserved')).toBe(true)
  // For 100, 300, 700 and 1,500 tokens in all.
  expect(asked.times).toBe(4)
})

test('callers that stop in one moment give back over a minute, a few at a time', async () => {
  const { deployment } = createDeployment(1_000_000)
  const inSecond = new Map<number, number>()
  for (let caller = 0; caller < 300; caller++) {
    const { budget, ask } = createCaller(deployment)
    await ask(100)
    budget.settle('call 1', 10)
    const due = budget.dueAt() ?? 0
    expect(due).toBeGreaterThanOrEqual(NOON + SLICE_IDLE_MS)
    expect(due).toBeLessThanOrEqual(NOON + 2 * SLICE_IDLE_MS)
    const second = Math.floor(due / 1000)
    inSecond.set(second, (inSecond.get(second) ?? 0) + 1)
  }
  // Five by chance.
  expect(Math.max(...inSecond.values())).toBeLessThan(30)
})

test('a deployment without a limit is not asked', async () => {
  const { deployment, asked } = createDeployment(64_000)
  const { ask } = createCaller(deployment)
  expect((await ask(100, { ...ANYONE, sliced: false })).kind).toBe('reserved')
  expect(asked.times).toBe(0)
})

test("a question that the caller's own limits refuse does not ask the deployment", async () => {
  const { deployment, asked } = createDeployment(64_000)
  const { ask } = createCaller(deployment)
  expect(await ask(100, { ...ANYONE, tokensPerDay: 99 })).toMatchObject({
    refusal: { limit: 'tokens_per_day' },
  })
  expect(asked.times).toBe(0)
})

test('a refusal by the deployment says so, and tells its state', async () => {
  const { deployment } = createDeployment(1000)
  const { ask } = createCaller(deployment)
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
    state: expect.objectContaining({ used: 0, left: 5000, limit: 5000 }),
  })
})

test('a smaller question is served after a larger one was refused', async () => {
  const { deployment } = createDeployment(1000)
  const { ask } = createCaller(deployment)
  const [large, small] = await Promise.all([ask(1001), ask(1000)])
  expect([large.kind, small.kind]).toEqual(['refused', 'reserved'])
})

test('a total that can’t be reached admits no call, and the next call asks again', async () => {
  const faults = [new Error('unreachable'), undefined]
  const { deployment } = createDeployment(1000, async () => {
    const fault = faults.shift()
    if (fault !== undefined) throw fault
  })
  const { ask, budget } = createCaller(deployment)
  const [first, second] = await Promise.allSettled([ask(100), ask(200)])
  expect([first.status, second.status]).toEqual(['rejected', 'fulfilled'])
  expect(budget.usage(ANYONE).reserved).toBe(200)
})

test('a question asked on one day and answered on the next belongs to the next', async () => {
  let now = MIDNIGHT - 1
  const pass = async () => {
    now = MIDNIGHT + 1
  }
  const { deployment, granted } = createDeployment(1000, pass, () => now)
  const { ask } = createCaller(deployment, () => now)
  expect((await ask(1000)).kind).toBe('reserved')
  expect(granted()).toBe(1000)
})

test('a caller that waits for a grant is not made to give it back', async () => {
  const arrival = Promise.withResolvers<void>()
  const { deployment, asked } = createDeployment(1000, () => arrival.promise)
  const { ask, budget } = createCaller(deployment)
  const first = ask(100)
  await budget.giveBack()
  arrival.resolve()
  expect((await first).kind).toBe('reserved')
  expect(asked.times).toBe(1)
})

test('grants that are never taken end in an error, not in a loop', async () => {
  const { deployment, asked } = createDeployment(1000)
  const forgetful: SliceSource = {
    grant: async (request) => ({ ...(await deployment.grant(request)), lease: 'another' }),
  }
  await expect(createCaller(forgetful).ask(10)).rejects.toThrow('does not take them')
  expect(asked.times).toBe(3)
})

test('200 calls of 10 callers at once against a total for 20: 20 are let through, in any order of messages', async () => {
  const property = fc.asyncProperty(fc.scheduler(), async (scheduler) => {
    const { deployment, granted } = createDeployment(20 * 50, () => scheduler.schedule(Promise.resolve()))
    const callers = Array.from({ length: 10 }, () => createCaller(deployment))
    const decisions = callers.flatMap(({ ask }) => Array.from({ length: 20 }, () => ask(50)))
    const kinds = (await scheduler.waitFor(Promise.all(decisions))).map(({ kind }) => kind)
    expect(kinds.filter((kind) => kind === 'reserved')).toHaveLength(20)
    expect(granted()).toBe(1000)
  })
  await fc.assert(property, { numRuns: 20 })
})

test('a deployment that hangs refuses each call in time, and a late grant is still good for the next', async () => {
  vi.useFakeTimers({ now: NOON })
  try {
    const { promise: woken, resolve: wake } = Promise.withResolvers<void>()
    const { deployment, granted } = createDeployment(1000, () => woken, Date.now)
    const { budget, ask } = createCaller(deployment, Date.now)
    const outcomes = Array.from({ length: 4 }, () => ask(100).catch((error: Error) => error.message))
    await vi.advanceTimersByTimeAsync(GRANT_MS * 3)
    expect(Date.now() - NOON).toBeGreaterThan(OBJECT_REPLY_MS)
    expect(await Promise.all(outcomes)).toEqual([
      ...Array(3).fill("The deployment's budget does not answer."),
      'The caller waits no more.',
    ])
    expect(budget.usage(ANYONE)).toMatchObject({ used: 0, reserved: 0, running: 0 })

    wake()
    await vi.advanceTimersByTimeAsync(0)
    expect((await ask(100)).kind).toBe('reserved')
    expect(budget.usage(ANYONE)).toMatchObject({ used: 0, reserved: 100, running: 1 })
    expect(granted()).toBeLessThanOrEqual(200)
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})
