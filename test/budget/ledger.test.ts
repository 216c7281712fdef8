import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CallerLimits } from '../../worker/budget/budget-state.ts'
import { dayOf, endOfDay } from '../../worker/budget/day.ts'
import { createLedger, type Ledger, type Reservation } from '../../worker/budget/ledger.ts'
import { DAY_GRACE_MS, RUNNING_RETRY_MS } from '../../worker/limits.ts'
import { type Database, openDatabase } from '../support/sqlite.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const NOON = Date.UTC(2026, 10, 22, 12)
const MIDNIGHT = Date.UTC(2026, 10, 23)

const limits = (tokensPerDay?: number, concurrency?: number): CallerLimits => ({
  tokensPerDay,
  concurrency,
  sliced: false,
})
const call = (id: string, tokens: number, expiresAt = NOON + HOUR): Reservation => ({
  id,
  prompt: 10,
  output: tokens - 10,
  expiresAt,
})
const open = () => createLedger(openDatabase())

describe('a call', () => {
  test('holds what it may use, and settles at what it used', () => {
    const ledger = open()
    expect(ledger.reserve(call('a', 100), limits(1000, 3), NOON)).toEqual({
      kind: 'reserved',
      state: {
        used: 0,
        reserved: 100,
        left: 900,
        limit: 1000,
        running: 1,
        concurrency: 3,
        resetsAt: MIDNIGHT,
      },
    })
    expect(ledger.settle('a', 30, NOON)).toBe(true)
    expect(ledger.usage(limits(1000, 3), NOON)).toEqual({
      used: 30,
      reserved: 0,
      left: 970,
      limit: 1000,
      running: 0,
      concurrency: 3,
      resetsAt: MIDNIGHT,
    })
  })

  test('that was never made costs nothing', () => {
    const ledger = open()
    ledger.reserve(call('a', 100), limits(100), NOON)
    ledger.settle('a', 0, NOON)
    expect(ledger.usage(limits(100), NOON)).toMatchObject({ used: 0, left: 100 })
  })

  test('settles once, and an unknown one not at all', () => {
    const ledger = open()
    ledger.reserve(call('a', 100), limits(1000), NOON)
    expect([ledger.settle('a', 30, NOON), ledger.settle('a', 30, NOON), ledger.settle('b', 5, NOON)]).toEqual(
      [true, false, false],
    )
    expect(ledger.usage(limits(1000), NOON).used).toBe(30)
  })

  test('is reserved once, however often it is asked for', () => {
    const ledger = open()
    const verdicts = [1, 2, 3].map(() => ledger.reserve(call('a', 100), limits(100, 1), NOON).kind)
    expect(verdicts).toEqual(['reserved', 'reserved', 'reserved'])
    expect(ledger.usage(limits(100, 1), NOON)).toMatchObject({ reserved: 100, running: 1 })
  })

  test('that used more than was reserved is counted in full, and then nothing more is let through', () => {
    const ledger = open()
    ledger.reserve(call('a', 100), limits(120), NOON)
    ledger.settle('a', 500, NOON)
    expect(ledger.usage(limits(120), NOON)).toMatchObject({ used: 500, left: 0 })
    expect(ledger.reserve(call('b', 11), limits(120), NOON)).toMatchObject({ refusal: { left: 0 } })
  })

  test('that outgrows its reservation holds what it has grown to', () => {
    const ledger = open()
    ledger.reserve(call('a', 100), limits(1000), NOON)
    ledger.progress('a', 300)
    expect(ledger.usage(limits(1000), NOON)).toMatchObject({ used: 0, reserved: 310, left: 690 })
  })

  test.each([undefined, Number.NaN, -5, 1.5, Infinity, 2 ** 52])(
    'whose count is %s settles at its estimate',
    (used) => {
      const ledger = open()
      ledger.reserve(call('a', 100), limits(1000), NOON)
      ledger.progress('a', 7)
      ledger.settle('a', used, NOON)
      expect(ledger.usage(limits(1000), NOON).used).toBe(17)
    },
  )

  test.each([
    [Number.NaN, 1],
    [-1, 1],
    [1, 0.5],
    [1, Infinity],
  ])('of %s and %s tokens is wrong use', (prompt, output) => {
    const ask = { id: 'a', prompt, output, expiresAt: NOON }
    expect(() => open().reserve(ask, limits(), NOON)).toThrow(TypeError)
  })
})

describe('a refusal', () => {
  test('of tokens says how many there are, and when they are back', () => {
    const ledger = open()
    ledger.reserve(call('a', 80), limits(100), NOON)
    ledger.settle('a', 80, NOON)
    expect(ledger.reserve(call('b', 30), limits(100, 1), NOON)).toEqual({
      kind: 'refused',
      refusal: {
        limit: 'tokens_per_day',
        allowed: 100,
        left: 20,
        needed: 30,
        resetsAt: MIDNIGHT,
        retryAfterMs: 12 * HOUR,
      },
      state: ledger.usage(limits(100, 1), NOON),
    })
  })

  test('of tokens that running calls may leave asks to come back soon', () => {
    const ledger = open()
    ledger.reserve(call('a', 80), limits(100), NOON)
    expect(ledger.reserve(call('b', 30), limits(100), NOON)).toMatchObject({
      refusal: { left: 20, resetsAt: MIDNIGHT, retryAfterMs: RUNNING_RETRY_MS },
    })
  })

  test('of one call too many at once holds until a call has ended', () => {
    const ledger = open()
    ledger.reserve(call('a', 20), limits(undefined, 1), NOON)
    expect(ledger.reserve(call('b', 20), limits(undefined, 1), NOON)).toMatchObject({
      kind: 'refused',
      refusal: {
        limit: 'concurrency',
        allowed: 1,
        left: 0,
        needed: 1,
        resetsAt: undefined,
        retryAfterMs: RUNNING_RETRY_MS,
      },
    })
    ledger.settle('a', 12, NOON)
    expect(ledger.reserve(call('b', 20), limits(undefined, 1), NOON).kind).toBe('reserved')
  })

  test('stores nothing', () => {
    const ledger = open()
    ledger.reserve(call('a', 200), limits(100), NOON)
    expect(ledger.usage(limits(100), NOON)).toMatchObject({ used: 0, reserved: 0, running: 0 })
    expect(ledger.dueAt(NOON)).toBeUndefined()
  })
})

describe('a day', () => {
  test('is a day of UTC, and a call belongs to the one on which it was reserved', () => {
    const ledger = open()
    ledger.reserve(call('late', 100, MIDNIGHT + HOUR), limits(100, 1), MIDNIGHT - 1)
    expect(ledger.usage(limits(100, 1), MIDNIGHT)).toMatchObject({
      reserved: 0,
      left: 100,
      running: 1,
      resetsAt: MIDNIGHT + DAY,
    })
    // Its tokens are of yesterday, its place is of now.
    expect(ledger.reserve(call('b', 20), limits(100, 1), MIDNIGHT)).toMatchObject({
      refusal: { limit: 'concurrency' },
    })
    ledger.settle('late', 90, MIDNIGHT + 1)
    expect(ledger.usage(limits(100, 1), MIDNIGHT + 1)).toMatchObject({ used: 0, left: 100, running: 0 })
  })

  test('is still known when the clock is set back over midnight', () => {
    const ledger = open()
    ledger.reserve(call('a', 90), limits(100), MIDNIGHT - 1)
    ledger.settle('a', 90, MIDNIGHT - 1)
    ledger.reserve(call('b', 90), limits(100), MIDNIGHT)
    ledger.runDueWork(MIDNIGHT)
    expect(ledger.reserve(call('c', 90), limits(100), MIDNIGHT - 1)).toMatchObject({ refusal: { left: 10 } })
  })

  test('is removed when it is over, and then nothing is stored', () => {
    const database = openDatabase()
    const ledger = createLedger(database)
    ledger.reserve(call('a', 50), limits(100), NOON)
    ledger.reserve(call('b', 50), limits(100), NOON)
    ledger.settle('a', 50, NOON)
    ledger.runDueWork(NOON + HOUR)
    const over = MIDNIGHT + DAY_GRACE_MS
    expect(ledger.dueAt(NOON + HOUR)).toBe(over)
    ledger.runDueWork(over)
    expect(ledger.dueAt(over)).toBeUndefined()
    expect(rowsIn(database)).toBe(0)
  })
})

describe('a call that is not settled', () => {
  test('expires at what is known of it, at its time, and gives its place back', () => {
    const ledger = open()
    ledger.reserve(call('a', 100), limits(1000, 1), NOON)
    ledger.progress('a', 25)
    ledger.progress('a', 20)
    expect(ledger.dueAt(NOON)).toBe(NOON + HOUR)
    ledger.runDueWork(NOON + HOUR - 1)
    expect(ledger.usage(limits(1000, 1), NOON + HOUR - 1)).toMatchObject({ used: 0, running: 1 })
    for (let alarms = 0; alarms < 2; alarms++) ledger.runDueWork(NOON + HOUR)
    expect(ledger.usage(limits(1000, 1), NOON + HOUR)).toMatchObject({ used: 35, reserved: 0, running: 0 })
  })

  test('makes room for the next one even when the alarm is late', () => {
    const ledger = open()
    ledger.reserve(call('a', 100), limits(100, 1), NOON)
    expect(ledger.reserve(call('b', 90), limits(100, 1), NOON + HOUR).kind).toBe('reserved')
  })

  test.each([
    ['more', 80, 80],
    ['less', 3, 3],
    ['nothing known', undefined, 10],
  ])('is corrected by a count that comes too late (%s), once', (_, used, total) => {
    const ledger = open()
    ledger.reserve(call('a', 100), limits(1000), NOON)
    ledger.runDueWork(NOON + HOUR)
    ledger.progress('a', 500)
    expect(ledger.settle('a', used, NOON + 2 * HOUR)).toBe(true)
    expect(ledger.settle('a', used, NOON + 2 * HOUR)).toBe(false)
    expect(ledger.usage(limits(1000), NOON + 2 * HOUR).used).toBe(total)
  })

  test('can’t be reserved again', () => {
    const ledger = open()
    ledger.reserve(call('a', 100), limits(1000), NOON)
    ledger.runDueWork(NOON + HOUR)
    expect(() => ledger.reserve(call('a', 100), limits(1000), NOON + HOUR)).toThrow(TypeError)
  })
})

test('200 calls at once against a budget for 20: 20 are let through, twenty times over', async () => {
  for (let round = 0; round < 20; round++) {
    const ledger = open()
    let upstream = 0
    const calls = Array.from({ length: 200 }, async (_, i) => {
      for (let turns = (i * 7 + round) % 5; turns > 0; turns--) await Promise.resolve()
      if (ledger.reserve(call(String(i), 50), limits(20 * 50), NOON).kind === 'refused') return
      upstream++
    })
    await Promise.all(calls)
    expect(upstream).toBe(20)
    expect(ledger.usage(limits(1000), NOON)).toMatchObject({ reserved: 1000, left: 0, running: 20 })
  }
})

/** What may happen to a ledger; numbers choose among the calls made so far. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('reserve' as const),
      prompt: fc.nat(40),
      output: fc.nat(60),
      lasts: fc.integer({ min: 1, max: 3 * HOUR }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reserve again' as const), which: fc.nat(30) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('progress' as const), which: fc.nat(30), output: fc.nat(90) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      which: fc.nat(30),
      used: fc.option(fc.nat(150), { nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('alarm' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.oneof(fc.nat(1000), fc.nat(2 * HOUR), fc.nat(30 * HOUR)),
    }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** A call as it really is, whether or not the ledger knows of it. */
interface Call extends Reservation {
  day: number
  known: number
  state: 'open' | 'expired' | 'settled'
  charged: number
  /** The most that the ledger knew it might come to: what was reserved, or what it expired at. */
  foreseen: number
}

/** The same by other means: every call is kept for ever, and all sums are made anew. */
function createModel({ tokensPerDay = Infinity, concurrency = Infinity }: CallerLimits) {
  const calls = new Map<string, Call>()
  const all = () => [...calls.values()]
  const held = (one: Call) => (one.state === 'open' ? one.prompt + Math.max(one.output, one.known) : 0)
  const sum = (numbers: number[]) => numbers.reduce((total, one) => total + one, 0)
  const standing = (now: number) => {
    const today = all().filter(({ day }) => day === dayOf(now))
    return {
      used: sum(today.map(({ charged }) => charged)),
      reserved: sum(today.map(held)),
      running: all().filter(({ state }) => state === 'open').length,
    }
  }
  return {
    calls,
    standing,
    expire(now: number): void {
      for (const one of all()) {
        if (one.state === 'open' && one.expiresAt <= now) {
          one.state = 'expired'
          one.charged = one.prompt + one.known
          one.foreseen = Math.min(one.foreseen, one.charged)
        }
      }
    },
    admits(ask: Reservation, now: number): boolean {
      const { used, reserved, running } = standing(now)
      return used + reserved + ask.prompt + ask.output <= tokensPerDay && running < concurrency
    },
    /**
     * By how much the calls of a day turned out larger than was foreseen: all that may stand above a budget.
     */
    excess(now: number): number {
      const today = all().filter(({ day }) => day === dayOf(now))
      return sum(today.map((one) => Math.max(0, Math.max(one.charged, held(one)) - one.foreseen)))
    },
  }
}

test('at any order of events, and if the object dies at any statement, every call is counted once and no budget is passed', () => {
  const database = openDatabase()
  const life = fc.tuple(step, fc.option(fc.nat(12), { freq: 3, nil: undefined }))
  const property = fc.property(
    fc.record({ tokens: fc.integer({ min: 60, max: 400 }), concurrency: fc.integer({ min: 1, max: 6 }) }),
    fc.array(life, { maxLength: 60, size: 'max' }),
    ({ tokens, concurrency }, steps) => {
      const bounds = limits(tokens, concurrency)
      database.clear()
      const model = createModel(bounds)
      let ledger = createLedger(database)
      let now = NOON
      const ids = () => [...model.calls.keys()]

      for (const [what, death] of steps) {
        if (what.do === 'wait') now += what.ms
        const chosen = 'which' in what ? (ids()[what.which % ids().length] ?? 'none') : String(ids().length)
        const outcome = dying(database, death, () => act(ledger, what, chosen, now, model.calls, bounds))
        if (outcome === 'died') ledger = createLedger(database)
        else follow(model, what, chosen, now, outcome)
        // A look is an event too: what has expired by now is settled.
        model.expire(now)
        const { used, reserved, running, left } = ledger.usage(bounds, now)
        const truth = model.standing(now)
        expect({
          used,
          reserved,
          running,
          left,
          over: Math.max(0, used + reserved - tokens - model.excess(now)),
        }).toEqual({
          ...truth,
          left: Math.max(0, tokens - truth.used - truth.reserved),
          over: 0,
        })
      }

      // Whatever was left open is settled by the alarms alone, and they come to an end.
      for (let alarms = 0; ; alarms++) {
        const due = ledger.dueAt(now)
        if (due === undefined) break
        expect(alarms).toBeLessThan(100)
        now = Math.max(now, due)
        model.expire(now)
        ledger.runDueWork(now)
        expect(ledger.usage(bounds, now)).toMatchObject(model.standing(now))
        expect(ledger.dueAt(now) ?? Infinity).toBeGreaterThan(now)
      }
      expect(rowsIn(database)).toBe(0)
    },
  )
  fc.assert(property, { numRuns: 1000 })
})

/** @returns what `work` returns, or `died` if it ended at the n-th statement */
function dying<T>(database: Database, death: number | undefined, work: () => T): T | 'died' {
  if (death === undefined) return work()
  database.dieAt(death)
  try {
    return work()
  } catch (error) {
    if (!database.revive()) throw error
    return 'died'
  } finally {
    database.revive()
  }
}

function act(
  ledger: Ledger,
  what: Step,
  id: string,
  now: number,
  calls: Map<string, Call>,
  bounds: CallerLimits,
): unknown {
  const known = calls.get(id)
  if (what.do === 'reserve') {
    return ledger.reserve(
      { id, prompt: what.prompt, output: what.output, expiresAt: now + what.lasts },
      bounds,
      now,
    ).kind
  }
  if (what.do === 'reserve again' && known?.state === 'open' && known.expiresAt > now)
    return ledger.reserve(known, bounds, now).kind
  if (what.do === 'progress') ledger.progress(id, what.output)
  if (what.do === 'settle') return ledger.settle(id, what.used, now)
  if (what.do === 'alarm') ledger.runDueWork(now)
  return undefined
}

/** What should have happened, and that it did. */
function follow(
  model: ReturnType<typeof createModel>,
  what: Step,
  id: string,
  now: number,
  outcome: unknown,
): void {
  const known = model.calls.get(id)
  if (what.do === 'reserve') {
    model.expire(now)
    const ask = { id, prompt: what.prompt, output: what.output, expiresAt: now + what.lasts }
    const admitted = model.admits(ask, now)
    expect(outcome).toBe(admitted ? 'reserved' : 'refused')
    if (admitted)
      model.calls.set(id, {
        ...ask,
        day: dayOf(now),
        known: 0,
        state: 'open',
        charged: 0,
        foreseen: ask.prompt + ask.output,
      })
  }
  if (what.do === 'reserve again' && outcome !== undefined) expect(outcome).toBe('reserved')
  if (what.do === 'progress' && known?.state === 'open') known.known = Math.max(known.known, what.output)
  if (what.do === 'settle') {
    // Of a call that expired on a day that is over, the ledger may have forgotten.
    const kept = known !== undefined && known.state !== 'settled'
    if (kept && endOfDay(known.day) + DAY_GRACE_MS <= now && known.state === 'expired')
      known.state = 'settled'
    else {
      expect(outcome).toBe(kept)
      if (kept) {
        known.charged = what.used ?? known.prompt + known.known
        known.state = 'settled'
      }
    }
  }
  if (what.do === 'alarm') model.expire(now)
}

function rowsIn(database: Database): number {
  const tables = database.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'schema'")
  return tables.reduce(
    (sum, { name }) => sum + Number(database.rows(`SELECT count(*) AS n FROM ${name}`)[0]?.n),
    0,
  )
}
