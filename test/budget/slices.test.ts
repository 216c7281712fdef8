import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CallerLimits } from '../../worker/budget/budget-state.ts'
import { dayOf, endOfDay } from '../../worker/budget/day.ts'
import { createDeploymentBudget, type DeploymentBudget } from '../../worker/budget/deployment-budget.ts'
import { createLedger, type Ledger } from '../../worker/budget/ledger.ts'
import type { SliceAnswer, SliceRequest } from '../../worker/budget/slice.ts'
import {
  CALL_BACK_PAUSE_MS,
  DAY_GRACE_MS,
  LEASES_REMOVED_AT_ONCE,
  SLICE_IDLE_MS,
  SLICES,
} from '../../worker/limits.ts'
import { type Database, openDatabase } from '../support/sqlite.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const NOON = Date.UTC(2026, 10, 22, 12)
const MIDNIGHT = Date.UTC(2026, 10, 23)
const ANYONE: CallerLimits = { tokensPerDay: undefined, concurrency: undefined, sliced: true }

/** A caller's ledger, and how it reserves when the deployment answers at once. */
function createHolder(name: string, database = openDatabase()) {
  let leases = 0
  const ledger = createLedger(database, () => `${name}-${++leases}`)
  let calls = 0
  return {
    ledger,
    reserve(deployment: DeploymentBudget, limit: number, tokens: number, now = NOON, limits = ANYONE) {
      const call = { id: `${name}${++calls}`, prompt: 0, output: tokens, expiresAt: now + HOUR }
      const outcome = ledger.reserve(call, limits, now)
      if (outcome.kind !== 'short') return outcome.kind
      const answer = deployment.grant(outcome.request, limit, now)
      ledger.take(answer)
      return answer.shortage ?? ledger.reserve(call, limits, now).kind
    },
    /** @returns the request that a call of so many tokens makes necessary */
    request(tokens: number, now = NOON): SliceRequest {
      const call = { id: `${name}${++calls}`, prompt: 0, output: tokens, expiresAt: now + HOUR }
      const outcome = ledger.reserve(call, ANYONE, now)
      if (outcome.kind !== 'short') throw new Error('The slice has room for it.')
      return outcome.request
    },
    /** Lets the alarm ring, and delivers what it says. */
    alarm(deployment: DeploymentBudget, limit: number, now: number): void {
      const request = ledger.runDueWork(now)
      if (request !== undefined) ledger.take(deployment.grant(request, limit, now))
    },
  }
}

/** The deployment's budget, and what of a day callers hold. */
function createDeployment(database = openDatabase()) {
  const granted = (now = NOON) =>
    Number(database.rows('SELECT granted FROM total WHERE day = ?', dayOf(now))[0]?.granted ?? 0)
  return { deployment: createDeploymentBudget(database), database, granted }
}

describe('a slice', () => {
  test('is as large as the call at first, and then has room for one more call without asking', () => {
    const { deployment, granted } = createDeployment()
    const { ledger, reserve, request } = createHolder('a')
    expect(reserve(deployment, 64_000, 100)).toBe('reserved')
    expect(granted()).toBe(100)
    expect(reserve(deployment, 64_000, 100)).toBe('reserved')
    expect(granted()).toBe(300)
    const call = { id: 'third', prompt: 0, output: 100, expiresAt: NOON + HOUR }
    expect(ledger.reserve(call, ANYONE, NOON).kind).toBe('reserved')
    expect(request(100)).toMatchObject({ granted: 300, wanted: 400 })
  })

  test('grows with what its caller has spent, up to a 64th of the total', () => {
    const { deployment, granted } = createDeployment()
    const { reserve } = createHolder('a')
    const ahead: number[] = []
    for (let spent = 100; spent <= 6400; spent += 100) {
      expect(reserve(deployment, 64_000, 100)).toBe('reserved')
      ahead.push(granted() - spent)
    }
    expect(ahead.slice(0, 8)).toEqual([0, 100, 0, 300, 200, 100, 0, 700])
    expect(Math.max(...ahead)).toBe(64_000 / SLICES - 100)
  })

  test('is as large as the call, where that is larger', () => {
    const { deployment, granted } = createDeployment()
    expect(createHolder('a').reserve(deployment, 6400, 3000)).toBe('reserved')
    expect(granted()).toBe(3000)
  })

  test("is never larger than its caller's own limit", () => {
    const { deployment, granted } = createDeployment()
    const { reserve } = createHolder('a')
    for (let call = 0; call < 2; call++)
      reserve(deployment, 64_000, 60, NOON, { ...ANYONE, tokensPerDay: 150 })
    expect(granted()).toBe(150)
  })

  test('shrinks as the total runs low, so that its last token is used', () => {
    const { deployment, granted } = createDeployment()
    const { reserve } = createHolder('a')
    while (granted() < 6390) expect(reserve(deployment, 6400, 10)).toBe('reserved')
    const left = 6400 - granted()
    if (left > 0) expect(createHolder('last').reserve(deployment, 6400, left)).toBe('reserved')
    expect(granted()).toBe(6400)
    expect(createHolder('late').reserve(deployment, 6400, 1)).toMatchObject({ left: 0 })
  })
})

test('140 callers of one tiny call hold what they asked for, and leave the rest to others', () => {
  const { deployment, granted } = createDeployment()
  for (let caller = 0; caller < 140; caller++)
    expect(createHolder(`tiny ${caller}`).reserve(deployment, 2_000_000, 14)).toBe('reserved')
  expect(granted()).toBe(140 * 14)
  expect(createHolder('large').reserve(deployment, 2_000_000, 2_000_000 - 140 * 14)).toBe('reserved')
})

test('of 100 callers of small calls, in any order, none is refused before half of the total is spent', () => {
  const limit = 20_000
  const databases = Array.from({ length: 100 }, openDatabase)
  const call = fc.record({ who: fc.nat(databases.length - 1), tokens: fc.integer({ min: 1, max: 100 }) })
  const calls = fc.array(call, { minLength: 100, maxLength: 600, size: 'max' })
  const property = fc.property(calls, (asked) => {
    const { deployment, granted } = createDeployment()
    for (const database of databases) database.clear()
    const holders = databases.map((database, index) => createHolder(`${index}`, database))
    let spent = 0
    for (const { who, tokens } of asked) {
      if (2 * spent + tokens > limit) break
      expect(holders[who]?.reserve(deployment, limit, tokens)).toBe('reserved')
      spent += tokens
      expect(granted(), 'what is held unused is no more than what is used').toBeLessThanOrEqual(2 * spent)
    }
  })
  fc.assert(property, { numRuns: 10 })
})

describe('an unused grant', () => {
  test('goes back when its caller has asked nothing for a while', () => {
    const { deployment, granted } = createDeployment()
    const { ledger, reserve } = createHolder('a')
    reserve(deployment, 64_000, 100)
    expect(ledger.dueAt(NOON)).toBe(NOON + HOUR) // A call is running: only its end is waited for.
    ledger.settle('a1', 40, NOON + 1000)
    const due = NOON + 1000 + SLICE_IDLE_MS
    expect(ledger.dueAt(NOON + 1000)).toBe(due)
    expect(ledger.runDueWork(due - 1)).toBeUndefined()
    const request = ledger.runDueWork(due)
    expect(request).toMatchObject({ granted: 40, wanted: 40 })
    if (request !== undefined) ledger.take(deployment.grant(request, 64_000, due))
    expect(granted()).toBe(40)
    // Nothing is left to do but to clear up when the day is over.
    expect(ledger.dueAt(due)).toBe(MIDNIGHT + DAY_GRACE_MS)
  })

  test('is reported again until the deployment has answered', () => {
    const { deployment, granted } = createDeployment()
    const { ledger, reserve, alarm } = createHolder('a')
    reserve(deployment, 64_000, 100)
    ledger.settle('a1', 40, NOON)
    ledger.runDueWork(NOON + SLICE_IDLE_MS)
    expect(ledger.dueAt(NOON + SLICE_IDLE_MS)).toBe(NOON + 2 * SLICE_IDLE_MS)
    alarm(deployment, 64_000, NOON + 2 * SLICE_IDLE_MS)
    expect(granted()).toBe(40)
  })

  test('comes back even if the answer that granted it was lost', () => {
    const { deployment, granted } = createDeployment()
    const { ledger, request } = createHolder('a')
    deployment.grant(request(50), 64_000, NOON)
    expect(granted()).toBe(50)
    const back = ledger.runDueWork(NOON + SLICE_IDLE_MS)
    if (back !== undefined) deployment.grant(back, 64_000, NOON)
    expect(granted()).toBe(0)
  })

  test('comes back with the next request too', () => {
    const { deployment, granted } = createDeployment()
    const { reserve, request } = createHolder('a')
    deployment.grant(request(50), 64_000, NOON)
    expect(reserve(deployment, 64_000, 20)).toBe('reserved')
    expect(granted()).toBe(20)
  })

  test('is not held again when an older answer arrives after all', () => {
    const { deployment } = createDeployment()
    const { ledger, request, alarm } = createHolder('a')
    const answer = deployment.grant(request(50), 64_000, NOON)
    alarm(deployment, 64_000, NOON + SLICE_IDLE_MS)
    ledger.take(answer)
    expect(request(50)).toMatchObject({ granted: 0, wanted: 50 })
  })

  test.each([
    ['more', 70],
    ['less', 0],
  ])('is reported anew when the count of an expired call comes late, and is %s', (_, used) => {
    const { deployment, granted } = createDeployment()
    const { ledger, alarm } = createHolder('a')
    const call = { id: 'a', prompt: 40, output: 60, expiresAt: NOON + 1 }
    const outcome = ledger.reserve(call, ANYONE, NOON)
    if (outcome.kind === 'short') ledger.take(deployment.grant(outcome.request, 64_000, NOON))
    ledger.reserve(call, ANYONE, NOON)
    alarm(deployment, 64_000, NOON + 1)
    alarm(deployment, 64_000, NOON + HOUR)
    expect(granted()).toBe(40)
    ledger.settle('a', used, NOON + HOUR)
    expect(ledger.dueAt(NOON + HOUR)).toBe(NOON + HOUR + SLICE_IDLE_MS)
    alarm(deployment, 64_000, NOON + HOUR + SLICE_IDLE_MS)
    expect(granted()).toBe(used)
  })

  test('is not granted again when an older request arrives once more', () => {
    const { deployment, granted } = createDeployment()
    const { ledger, request, alarm } = createHolder('a')
    const first = request(50)
    ledger.take(deployment.grant(first, 64_000, NOON))
    alarm(deployment, 64_000, NOON + SLICE_IDLE_MS)
    ledger.take(deployment.grant(first, 64_000, NOON))
    expect(granted()).toBe(0)
  })

  test('stays where it is once the day is over: the next day has its own', () => {
    const { deployment, granted } = createDeployment()
    const { ledger, reserve } = createHolder('a')
    reserve(deployment, 64_000, 100, MIDNIGHT - 10)
    ledger.settle('a1', 40, MIDNIGHT - 5)
    expect(ledger.dueAt(MIDNIGHT - 5)).toBe(MIDNIGHT + DAY_GRACE_MS)
    expect(ledger.runDueWork(MIDNIGHT + SLICE_IDLE_MS)).toBeUndefined()
    expect(granted(MIDNIGHT)).toBe(0)
  })
})

describe('a shortage', () => {
  test('tells what is left, and that others may give some back', () => {
    const { deployment } = createDeployment()
    createHolder('a').reserve(deployment, 640, 600)
    expect(createHolder('b').reserve(deployment, 640, 50)).toEqual({
      limit: 640,
      left: 40,
      resetsAt: MIDNIGHT,
      retryAfterMs: CALL_BACK_PAUSE_MS,
    })
  })

  test('counts on what running calls may leave', () => {
    const { deployment } = createDeployment()
    const { reserve } = createHolder('a')
    for (let call = 0; call < 2; call++) reserve(deployment, 640, 300)
    expect(createHolder('b').reserve(deployment, 640, 400)).toMatchObject({
      retryAfterMs: CALL_BACK_PAUSE_MS,
    })
  })

  test('lasts for the day if everything is known to be spent', () => {
    const { deployment } = createDeployment()
    const { ledger, reserve, alarm } = createHolder('a')
    reserve(deployment, 640, 600)
    ledger.settle('a1', 600, NOON)
    // The next call says what was spent.
    expect(reserve(deployment, 640, 40)).toBe('reserved')
    expect(createHolder('b').reserve(deployment, 640, 50)).toMatchObject({ retryAfterMs: 12 * HOUR })
    ledger.settle('a2', 0, NOON)
    alarm(deployment, 640, NOON + SLICE_IDLE_MS)
    expect(createHolder('c').reserve(deployment, 640, 50)).toMatchObject({
      left: 40,
      retryAfterMs: 12 * HOUR,
    })
  })

  test('follows from calls that used more than was reserved, once they are reported', () => {
    const { deployment, granted } = createDeployment()
    const { ledger, reserve } = createHolder('a')
    reserve(deployment, 1000, 100)
    ledger.settle('a1', 5000, NOON)
    expect(reserve(deployment, 1000, 1)).toMatchObject({ limit: 1000, left: 0 })
    expect(granted()).toBe(5000)
  })

  test('meets a request for a day that is over', () => {
    const { deployment } = createDeployment()
    const request = { day: dayOf(NOON), lease: 'a', seq: 1, spent: 0, granted: 0, wanted: 10, cap: 10 }
    expect(deployment.grant(request, 1000, MIDNIGHT + 5)).toMatchObject({
      granted: 0,
      shortage: { retryAfterMs: 1 },
    })
    expect(deployment.dueAt()).toBeUndefined()
  })
})

test('a day is removed when it is over', () => {
  const { deployment, granted } = createDeployment()
  createHolder('a').reserve(deployment, 1000, 100)
  const due = MIDNIGHT + DAY_GRACE_MS
  expect(deployment.dueAt()).toBe(due)
  deployment.runDueWork(due - 1)
  // An object that moves to a machine whose clock is behind finds yesterday as it was.
  expect(granted(MIDNIGHT - 1)).toBe(100)
  deployment.runDueWork(due)
  expect(deployment.dueAt()).toBeUndefined()
})

test('a day of many leases is removed some at a time, and others are granted tokens in between', () => {
  const { deployment, database } = createDeployment()
  const due = MIDNIGHT + DAY_GRACE_MS
  const leases = () => Number(database.rows('SELECT count(*) AS n FROM lease')[0]?.n)
  database.transaction(() => {
    database.rows('INSERT INTO total (day, granted, spent) VALUES (?, 1, 1)', dayOf(NOON))
    for (let lease = 0; lease <= LEASES_REMOVED_AT_ONCE; lease++) {
      database.rows(
        'INSERT INTO lease (day, lease, seq, granted, spent) VALUES (?, ?, 1, 1, 1)',
        ...[dayOf(NOON), `${lease}`],
      )
    }
  })
  deployment.runDueWork(due)
  expect([leases(), deployment.dueAt()], 'it is due again').toEqual([1, due])
  expect(createHolder('a').reserve(deployment, 1000, 100, due)).toBe('reserved')
  deployment.runDueWork(due)
  expect([leases(), deployment.dueAt()]).toEqual([1, due + DAY])
})

test('those that hold something unspent are found without reading the leases of all callers', () => {
  const { deployment, database } = createDeployment()
  const request = createHolder('a').request(50)
  database.statements.length = 0
  deployment.holders(request, 1)
  const plan = database.rows(`EXPLAIN QUERY PLAN ${database.statements[0]}`, request.day, request.lease, 1)
  expect(plan.map(({ detail }) => detail)).toEqual(['SEARCH lease USING INDEX lease_unspent (day=?)'])
})

// ── At any interleaving ──────────────────────────────────────────────────────────────────────────

const HOLDERS = 3
const who = fc.nat(HOLDERS - 1)
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('ask' as const), who, tokens: fc.integer({ min: 1, max: 150 }) }),
  },
  // What is on its way arrives in any order; a request may arrive and yet arrive again, anything may be lost.
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('arrive' as const), which: fc.nat(30), again: fc.nat(2) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('answer' as const), which: fc.nat(30), lost: fc.nat(3) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const), which: fc.nat(30) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      which: fc.nat(30),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
      more: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(100) }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('alarm' as const), who }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('call back' as const), who }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.oneof(
        { weight: 3, arbitrary: fc.nat(100) },
        { weight: 6, arbitrary: fc.constant(SLICE_IDLE_MS) },
        { weight: 1, arbitrary: fc.nat(2 * HOUR) },
        { weight: 1, arbitrary: fc.constant(12 * HOUR) },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('die' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wipe' as const), who }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

interface Call {
  id: string
  holder: number
  day: number
  prompt: number
  /** The most that its ledger knows it may come to. */
  foreseen: number
  expiresAt: number
  state: 'running' | 'expired' | 'over'
  /** What it comes to; while it runs, what it may. */
  tokens: number
}

interface Member {
  database: Database
  ledger: Ledger
  leases: string[]
  alive: boolean
}

/**
 * The deployment as a whole, which none of its objects sees: its budget, the holders, and the messages under
 * way.
 */
function createWorld(databases: Database[], limit: number, skew: number) {
  for (const database of databases) database.clear()
  const [totalDatabase = openDatabase(), ...memberDatabases] = databases
  const { deployment, granted } = createDeployment(totalDatabase)
  let now = NOON
  let named = 0
  const calls: Call[] = []
  const requests: { from: number; request: SliceRequest }[] = []
  const answers: { to: number; answer: SliceAnswer }[] = []
  const members = memberDatabases.map(createMember)
  const excess = new Map<number, number>()

  function createMember(database: Database): Member {
    const leases: string[] = []
    const ledger = createLedger(database, () => {
      leases.push(`lease ${++named}`)
      return `lease ${named}`
    })
    return { database, ledger, leases, alive: true }
  }

  /** An object that looks at its ledger settles what has expired by then. */
  function expire(holder: number): void {
    for (const call of calls) {
      if (call.holder !== holder || call.state !== 'running' || call.expiresAt > now) continue
      call.state = 'expired'
      call.tokens = call.foreseen = call.prompt
    }
  }

  const send = (from: number, request: SliceRequest | undefined) => {
    if (request !== undefined) requests.push({ from, request })
  }
  const arrive = (from: number, request: SliceRequest) => {
    answers.push({ to: from, answer: deployment.grant(request, limit, now + skew) })
  }
  const spent = (day: number, holder?: number) =>
    calls
      .filter((call) => call.day === day && (holder === undefined || call.holder === holder))
      .reduce((sum, { tokens }) => sum + tokens, 0)

  return {
    deployment,
    granted,
    members,
    requests,
    answers,
    spent,
    now: () => now,
    excess: (day: number) => excess.get(day) ?? 0,
    wait: (ms: number) => {
      now += ms
    },
    leases: () => totalDatabase.rows('SELECT * FROM lease WHERE day = ?', dayOf(now)),

    ask(holder: number, tokens: number): string {
      const member = members[holder]
      if (member?.alive !== true) return 'dead'
      expire(holder)
      const id = `call ${calls.length}`
      const expiresAt = now + HOUR
      const prompt = tokens >> 1
      const outcome = member.ledger.reserve({ id, prompt, output: tokens - prompt, expiresAt }, ANYONE, now)
      if (outcome.kind === 'short') send(holder, outcome.request)
      if (outcome.kind === 'reserved') {
        calls.push({
          id,
          holder,
          day: dayOf(now),
          prompt,
          foreseen: tokens,
          expiresAt,
          state: 'running',
          tokens,
        })
      }
      return outcome.kind
    },

    settle(call: Call | undefined, used: number): void {
      const member = members[call?.holder ?? -1]
      if (call === undefined || member?.alive !== true || call.state === 'over') return
      // Of a call that expired on a day that is over, nothing may be kept.
      if (!member.ledger.settle(call.id, used, now))
        expect(now - endOfDay(call.day)).toBeGreaterThan(DAY_GRACE_MS)
      call.state = 'over'
      call.tokens = used
      excess.set(call.day, (excess.get(call.day) ?? 0) + Math.max(0, used - call.foreseen))
    },

    alarm(holder: number): void {
      const member = members[holder]
      if (member?.alive !== true) return
      expire(holder)
      send(holder, member.ledger.runDueWork(now))
    },

    callBack(holder: number): void {
      const member = members[holder]
      if (member?.alive !== true) return
      expire(holder)
      send(holder, member.ledger.giveBack(now))
    },

    unsettled: () => calls.filter(({ state, holder }) => state !== 'over' && members[holder]?.alive === true),

    do(what: Step): void {
      const one = 'which' in what ? what.which : 0
      if (what.do === 'wait') now += what.ms
      if (what.do === 'ask') this.ask(what.who, what.tokens)
      if (what.do === 'alarm') this.alarm(what.who)
      if (what.do === 'call back') this.callBack(what.who)
      if (what.do === 'settle') {
        const unsettled = this.unsettled()
        const call = unsettled[one % unsettled.length]
        this.settle(call, Math.floor((call?.foreseen ?? 0) * what.part) + what.more)
      }
      if (what.do === 'arrive' && requests.length > 0) {
        const [chosen] =
          what.again === 0 ? requests.slice(one % requests.length) : requests.splice(one % requests.length, 1)
        if (chosen !== undefined) arrive(chosen.from, chosen.request)
      }
      if (what.do === 'lose' && requests.length > 0) requests.splice(one % requests.length, 1)
      if (what.do === 'answer' && answers.length > 0) {
        const [chosen] = answers.splice(one % answers.length, 1)
        const member = members[chosen?.to ?? -1]
        if (chosen !== undefined && member?.alive === true && what.lost > 0) member.ledger.take(chosen.answer)
      }
      const member = 'who' in what ? members[what.who] : undefined
      // Its calls may run on, but no more will be heard of it.
      if (what.do === 'die' && member !== undefined) member.alive = false
      // It comes back with nothing: what its calls used before stays used. What is on its way still reaches
      // the one who follows.
      if (what.do === 'wipe' && member !== undefined) {
        member.database.clear()
        members[what.who] = createMember(member.database)
        for (const call of calls) if (call.holder === what.who) call.holder = -1
      }
    },

    /** All calls end, every alarm rings, and every message arrives, until nothing is left to say today. */
    settleDown(): void {
      requests.length = 0
      answers.length = 0
      for (const call of this.unsettled()) this.settle(call, call.tokens)
      const end = endOfDay(dayOf(now))
      for (let round = 0; round < 10; round++) {
        const dues = members.map(({ ledger, alive }) => (alive ? (ledger.dueAt(now) ?? Infinity) : Infinity))
        const due = Math.min(...dues)
        if (due >= end) return
        now = Math.max(now, due)
        for (const holder of members.keys()) this.alarm(holder)
        for (const { from, request } of requests.splice(0)) arrive(from, request)
        for (const { to, answer } of answers.splice(0)) members[to]?.ledger.take(answer)
      }
      throw new Error('It does not come to rest.')
    },
  }
}

test('at any interleaving of grants, losses, returns, deaths and days, the total is not passed and nothing leaks', () => {
  const newcomersDatabase = openDatabase()
  const databases = Array.from({ length: 1 + HOLDERS }, openDatabase)
  const property = fc.property(
    fc.constantFrom(100, 300, 640, 6400),
    // The clocks of two machines differ.
    fc.integer({ min: -50, max: 50 }),
    fc.array(step, { maxLength: 80, size: 'max' }),
    (limit, skew, steps) => {
      const world = createWorld(databases, limit, skew)
      for (const what of steps) {
        world.do(what)
        const day = dayOf(world.now())
        expect(world.spent(day)).toBeLessThanOrEqual(limit + world.excess(day))
      }

      // What the living didn't spend is back; only what the dead held is not.
      if (endOfDay(dayOf(world.now())) - world.now() < 20 * SLICE_IDLE_MS) world.wait(20 * SLICE_IDLE_MS)
      world.settleDown()
      const today = dayOf(world.now())
      const living = world.members
        .map((member, holder) => ({ ...member, holder }))
        .filter(({ alive }) => alive)
      let held = 0
      for (const { lease, granted: tokens } of world.leases()) {
        held += Number(tokens)
        const holder = living.find(({ leases }) => leases.includes(String(lease)))
        if (holder !== undefined) expect(tokens).toBe(world.spent(today, holder.holder))
      }
      expect(world.granted(world.now())).toBe(held)

      // What is left can be used to the last token, and no further.
      const left = Math.max(0, limit - held)
      newcomersDatabase.clear()
      const newcomer = createHolder('newcomer', newcomersDatabase)
      expect(newcomer.reserve(world.deployment, limit, left + 1, world.now())).toMatchObject({ limit, left })
      if (left > 0) expect(newcomer.reserve(world.deployment, limit, left, world.now())).toBe('reserved')

      // And on the next day all of it.
      world.wait(DAY)
      expect(newcomer.reserve(world.deployment, limit, limit, world.now())).toBe('reserved')
      expect(newcomer.reserve(world.deployment, limit, 1, world.now())).toMatchObject({ limit, left: 0 })
    },
  )
  fc.assert(property, { numRuns: 1000 })
})
