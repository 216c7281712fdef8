/**
 * Many callers of one deployment whose tokens run low: who is served, who waits, and who is asked to give
 * back.
 */
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { CallerLimits } from '../../worker/budget/budget-state.ts'
import { createCallBack } from '../../worker/budget/call-back.ts'
import { type CallerBudget, createCallerBudget } from '../../worker/budget/caller-budget.ts'
import { createDeploymentBudget } from '../../worker/budget/deployment-budget.ts'
import {
  CALL_BACK_AT_ONCE,
  CALL_BACK_CALLERS,
  CALL_BACK_MS,
  CALL_BACK_PAUSE_MS,
} from '../../worker/limits.ts'
import { openDatabase } from '../support/sqlite.ts'

const HOUR = 3_600_000
const NOON = Date.UTC(2026, 10, 22, 12)
const ANYONE: CallerLimits = { tokensPerDay: undefined, concurrency: undefined, sliced: true }

/**
 * A deployment and its callers, each with the budget of its object.
 * @param pass what happens to a message, there and back; rejects if it is lost
 */
function createDeployment(limit: number, pass: () => Promise<unknown> = async () => undefined) {
  let now = NOON
  let calls = 0
  const database = openDatabase()
  const callers = new Map<string, CallerBudget>()
  /** Who was asked to give back, in order. */
  const asked: string[] = []
  /** Callers whose objects don't answer. */
  const silent = new Set<string>()

  const { grant } = createCallBack(
    createDeploymentBudget(database),
    async (holder) => {
      asked.push(holder)
      if (silent.has(holder)) return new Promise(() => {})
      await pass()
      await callers.get(holder)?.giveBack()
      return pass()
    },
    () => now,
  )
  const deployment = {
    grant: async (request: Parameters<typeof grant>[0]) => {
      await pass()
      const answer = await grant(request, limit)
      await pass()
      return answer
    },
  }

  function budgetOf(name: string): CallerBudget {
    const known = callers.get(name)
    if (known !== undefined) return known
    const made = createCallerBudget(openDatabase(), deployment, name, () => now)
    callers.set(name, made)
    return made
  }

  return {
    asked,
    silent,
    budgetOf,
    /** How often the holders of the most were looked for. */
    searches: () => database.statements.filter((one) => one.includes('ORDER BY')).length,
    granted: () => Number(database.rows('SELECT sum(granted) AS granted FROM total')[0]?.granted ?? 0),
    wait: (ms: number) => {
      now += ms
    },
    /** @returns `served` and how to end the call, or after how many milliseconds to ask again */
    async ask(name: string, tokens: number) {
      const id = `call ${++calls}`
      const call = { id, prompt: 0, output: tokens, expiresAt: now + HOUR }
      const result = await budgetOf(name).reserve(call, ANYONE)
      const end = (used: number) => budgetOf(name).settle(id, used)
      return result.kind === 'reserved'
        ? { served: true, end }
        : { served: false, end, retryAfterMs: result.refusal.retryAfterMs }
    },
  }
}

/** So many callers, each with one call that has ended and used little of what was reserved for it. */
async function createIdleCallers(count: number, reserved: number, used: number, limit: number) {
  const deployment = createDeployment(limit)
  for (let caller = 0; caller < count; caller++) {
    const { served, end } = await deployment.ask(`caller ${caller}`, reserved)
    expect(served).toBe(true)
    end(used)
  }
  return deployment
}

const TOTAL = 2_000_000

describe('a large call', () => {
  test.each([
    ['140 tiny calls leave it enough', 140, 14, 14, TOTAL - 140 * 14, 0],
    ['140 callers reserved nearly all', 140, 14_000, 14, 100_000, CALL_BACK_AT_ONCE],
    ['1,000 callers hold all', 1000, 2000, 10, 100_000, 54],
    ['one caller holds all', 1, TOTAL, 10, TOTAL - 10, 1],
  ])('is served at once: %s', async (_, callers, reserved, used, tokens, woken) => {
    const { ask, asked, granted } = await createIdleCallers(callers, reserved, used, TOTAL)
    expect(await ask('large', tokens)).toMatchObject({ served: true })
    expect(asked).toHaveLength(woken)
    expect(granted()).toBeLessThanOrEqual(TOTAL)
  })

  test('for which more callers would have to be asked is served when it asks again', async () => {
    const { ask, asked, wait } = await createIdleCallers(1000, 2000, 10, TOTAL)
    const first = await ask('large', 150_000)
    expect(first).toMatchObject({ served: false, retryAfterMs: CALL_BACK_PAUSE_MS })
    expect(asked).toHaveLength(CALL_BACK_CALLERS)
    wait(CALL_BACK_PAUSE_MS)
    expect(await ask('large', 150_000)).toMatchObject({ served: true })
    expect(new Set(asked).size, 'those that gave back are not asked again').toBe(asked.length)
  })
})

test('of callers that each hold a part and ask for more at once, as many are served as there is room for', async () => {
  const { ask } = createDeployment(1000)
  const names = ['a', 'b', 'c']
  for (const name of names) (await ask(name, 300)).end(0)
  const answers = await Promise.all(names.map((name) => ask(name, 450)))
  expect(answers.filter(({ served }) => served)).toHaveLength(2)
})

test('those that hold the most are asked first', async () => {
  const { ask, asked } = createDeployment(1000)
  for (const [name, reserved] of Object.entries({ small: 100, large: 600, medium: 300 })) {
    const { end } = await ask(name, reserved)
    end(0)
  }
  await ask('newcomer', 500)
  expect(asked).toEqual(['large', 'medium', 'small'])
})

describe('a caller that hoards', () => {
  test('is asked once, and a crowd is served with what it gives back', async () => {
    const { ask, asked, granted } = await createIdleCallers(1, TOTAL, 10, TOTAL)
    const crowd = Array.from({ length: 20 }, (_, caller) => ask(`other ${caller}`, 99_999))
    for (const answer of await Promise.all(crowd)) expect(answer).toMatchObject({ served: true })
    expect(asked).toEqual(['caller 0'])
    expect(granted()).toBe(10 + 20 * 99_999)
  })

  test('goes on itself: it asks for its next call as anybody else', async () => {
    const { ask } = await createIdleCallers(1, TOTAL, 10, TOTAL)
    await ask('other', TOTAL / 2)
    expect(await ask('caller 0', TOTAL / 2 - 10)).toMatchObject({ served: true })
  })

  test('keeps what its running calls have reserved, and is asked seldom however many are refused', async () => {
    const { ask, asked, searches, wait } = createDeployment(TOTAL)
    const { end } = await ask('hoarder', TOTAL)
    const refused = { served: false, retryAfterMs: CALL_BACK_PAUSE_MS }
    for (let call = 0; call < 20; call++) expect(await ask(`other ${call}`, 100)).toMatchObject(refused)
    expect(asked).toEqual(['hoarder'])
    expect(searches(), 'and the table of leases is read seldom').toBe(2)
    wait(CALL_BACK_PAUSE_MS)
    expect(await ask('other', 100)).toMatchObject(refused)
    expect(asked).toEqual(['hoarder', 'hoarder'])
    end(10)
    wait(CALL_BACK_PAUSE_MS)
    expect(await ask('other', 100)).toMatchObject({ served: true })
  })
})

test('nobody is asked for tokens that are spent', async () => {
  const { ask, asked, budgetOf, wait } = await createIdleCallers(1, TOTAL - 100, TOTAL - 100, TOTAL)
  await budgetOf('caller 0').giveBack()
  wait(CALL_BACK_PAUSE_MS)
  expect(await ask('other', 200)).toMatchObject({
    served: false,
    retryAfterMs: 12 * HOUR - CALL_BACK_PAUSE_MS,
  })
  expect(asked).toEqual([])
})

test('nor for a call that all of it would not do for', async () => {
  const { ask, asked } = await createIdleCallers(10, TOTAL / 10, 1, TOTAL)
  expect((await ask('other', TOTAL + 1)).served).toBe(false)
  expect(asked).toEqual([])
})

describe('a caller whose object does not answer', () => {
  afterEach(() => void vi.useRealTimers())

  test('holds nobody up if others give back enough', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] }) // Their time does not come.
    const { ask, silent } = await createIdleCallers(5, 400_000, 10, TOTAL)
    silent.add('caller 0')
    expect(await ask('other', 1_000_000)).toMatchObject({ served: true })
  })

  test(`is waited for ${CALL_BACK_MS} ms, and then the call is refused`, async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    const { ask, silent, asked, wait, granted } = await createIdleCallers(5, 400_000, 10, TOTAL)
    silent.add('caller 0')
    const large = ask('large', TOTAL - 50)
    const small = ask('small', 1_000_000)
    await vi.advanceTimersByTimeAsync(CALL_BACK_MS - 1)
    expect(granted(), 'the others have given back').toBe(400_000 + 4 * 10)
    wait(CALL_BACK_MS)
    await vi.advanceTimersByTimeAsync(1)
    expect(await large).toMatchObject({ served: false, retryAfterMs: CALL_BACK_PAUSE_MS })
    expect(await small, 'that waited for its turn').toMatchObject({ served: true })
    expect(asked).toHaveLength(5)
  })
})

test('all are answered and the total is never passed, in any order of messages, with some of them lost', async () => {
  const call = fc.record({
    who: fc.constantFrom('a', 'b', 'c', 'd'),
    tokens: fc.integer({ min: 1, max: 400 }),
    used: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  const property = fc.asyncProperty(
    fc.scheduler(),
    fc.array(call, { minLength: 20, maxLength: 40 }),
    fc.infiniteStream(fc.nat(19)),
    async (scheduler, list, luck) => {
      const limit = 1000
      let spent = 0
      const { ask, granted } = createDeployment(limit, async () => {
        await scheduler.schedule(Promise.resolve())
        if (luck.next().value === 0) throw new Error('lost')
      })
      const answers = list.map(async ({ who, tokens, used }) => {
        const answer = await ask(who, tokens).catch(() => undefined)
        if (answer?.served !== true) return
        spent += tokens
        expect(spent).toBeLessThanOrEqual(limit)
        await scheduler.schedule(Promise.resolve())
        answer.end(Math.floor(tokens * used))
        spent -= tokens - Math.floor(tokens * used)
      })
      await scheduler.waitFor(Promise.all(answers))
      expect(granted()).toBeLessThanOrEqual(limit)
      expect(granted()).toBeGreaterThanOrEqual(spent)
    },
  )
  await fc.assert(property, { numRuns: 100 })
})
