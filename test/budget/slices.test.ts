import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dayOf, endOfDay } from '../../worker/budget/day.ts'
import { createLedger, type Ledger } from '../../worker/budget/ledger.ts'
import type { SliceAnswer, SliceRequest } from '../../worker/budget/slice.ts'
import type { Limits } from '../../worker/budget/standing.ts'
import { createTotal, type Total } from '../../worker/budget/total.ts'
import { DAY_GRACE_MS, SLICE_IDLE_MS, SLICES } from '../../worker/limits.ts'
import { type Database, openDatabase } from '../support/sqlite.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const NOON = Date.UTC(2026, 10, 22, 12)
const MIDNIGHT = Date.UTC(2026, 10, 23)
const ANYONE: Limits = { tokensPerDay: undefined, concurrency: undefined, sliced: true }

/** A caller's object: its ledger, and how it reserves when the total answers at once. */
function createHolder(name: string, database = openDatabase()) {
  let leases = 0
  const ledger = createLedger(database, () => `${name}-${++leases}`)
  let calls = 0
  return {
    ledger,
    reserve(total: Total, limit: number, tokens: number, now = NOON, limits = ANYONE) {
      const call = { id: `${name}${++calls}`, prompt: 0, output: tokens, expiresAt: now + HOUR }
      const verdict = ledger.reserve(call, limits, now)
      if (verdict.kind !== 'short') return verdict.kind
      const answer = total.allot(verdict.request, limit, now)
      ledger.take(answer)
      return answer.shortage ?? ledger.reserve(call, limits, now).kind
    },
  }
}
const open = () => createTotal(openDatabase())

describe('a slice', () => {
  test('serves further questions without the total', () => {
    const total = open()
    const { ledger, reserve } = createHolder('a')
    expect(reserve(total, 64_000, 100)).toBe('reserved')
    expect(total.standing(64_000, NOON)).toEqual({
      held: 1000,
      left: 63_000,
      limit: 64_000,
      resetsAt: MIDNIGHT,
    })
    for (let i = 0; i < 9; i++) {
      const call = { id: `${i}`, prompt: 0, output: 100, expiresAt: NOON + HOUR }
      expect(ledger.reserve(call, ANYONE, NOON).kind).toBe('reserved')
    }
    const call = { id: 'ten', prompt: 0, output: 100, expiresAt: NOON + HOUR }
    expect(ledger.reserve(call, ANYONE, NOON)).toMatchObject({ kind: 'short', request: { need: 1100 } })
  })

  test('is as large as the question, where that is larger', () => {
    const total = open()
    expect(createHolder('a').reserve(total, 6400, 3000)).toBe('reserved')
    expect(total.standing(6400, NOON).held).toBe(3000)
  })

  test("is never larger than its caller's own limit", () => {
    const total = open()
    createHolder('a').reserve(total, 64_000, 100, NOON, { ...ANYONE, tokensPerDay: 150 })
    expect(total.standing(64_000, NOON).held).toBe(150)
  })

  test('shrinks as the total runs low, so that its last token is used', () => {
    const total = open()
    let served = 0
    while (createHolder(`${served}`).reserve(total, 6400, 10) === 'reserved') served++
    // As many callers as there are slices find one; those who come later still find tokens for their question.
    expect(served).toBeGreaterThan(SLICES)
    const { left } = total.standing(6400, NOON)
    expect(left).toBeLessThan(10)
    if (left > 0) expect(createHolder('last').reserve(total, 6400, left)).toBe('reserved')
    expect(total.standing(6400, NOON).left).toBe(0)
  })

  test('can be made ready before the first question', () => {
    const total = open()
    const { ledger } = createHolder('a')
    const request = ledger.prepare(100, ANYONE, NOON)
    if (request !== undefined) ledger.take(total.allot(request, 64_000, NOON))
    expect(ledger.prepare(100, ANYONE, NOON)).toBeUndefined()
    const call = { id: 'a', prompt: 0, output: 1000, expiresAt: NOON + HOUR }
    expect(ledger.reserve(call, ANYONE, NOON).kind).toBe('reserved')
  })

  test('is asked for by nobody whose own tokens are used up, or where there is no total', () => {
    const { ledger } = createHolder('a')
    expect(ledger.prepare(100, { ...ANYONE, tokensPerDay: 0 }, NOON)).toBeUndefined()
    expect(ledger.prepare(100, { ...ANYONE, sliced: false }, NOON)).toBeUndefined()
  })
})

describe('what is not used', () => {
  test('goes back when its caller has asked nothing for a while', () => {
    const total = open()
    const { ledger, reserve } = createHolder('a')
    reserve(total, 64_000, 100)
    expect(ledger.dueAt(NOON)).toBe(NOON + HOUR) // A call is running: only its end is waited for.
    ledger.settle('a1', 40, NOON + 1000)
    const due = NOON + 1000 + SLICE_IDLE_MS
    expect(ledger.dueAt(NOON + 1000)).toBe(due)
    expect(ledger.tend(due - 1).request).toBeUndefined()
    const { request } = ledger.tend(due)
    expect(request).toMatchObject({ kept: 40, need: 40 })
    if (request !== undefined) ledger.take(total.allot(request, 64_000, due))
    expect(total.standing(64_000, due).held).toBe(40)
    // Nothing is left to do but to clear up when the day is over.
    expect(ledger.dueAt(due)).toBe(MIDNIGHT + DAY_GRACE_MS)
  })

  test('is said again until the total has answered', () => {
    const total = open()
    const { ledger, reserve } = createHolder('a')
    reserve(total, 64_000, 100)
    ledger.settle('a1', 40, NOON)
    ledger.tend(NOON + SLICE_IDLE_MS)
    expect(ledger.dueAt(NOON + SLICE_IDLE_MS)).toBe(NOON + 2 * SLICE_IDLE_MS)
    const { request } = ledger.tend(NOON + 2 * SLICE_IDLE_MS)
    if (request !== undefined) ledger.take(total.allot(request, 64_000, NOON))
    expect(total.standing(64_000, NOON).held).toBe(40)
  })

  test('comes back even if the answer that granted it was lost', () => {
    const total = open()
    const { ledger } = createHolder('a')
    const verdict = ledger.reserve({ id: 'a', prompt: 0, output: 50, expiresAt: NOON + HOUR }, ANYONE, NOON)
    if (verdict.kind === 'short') total.allot(verdict.request, 64_000, NOON)
    expect(total.standing(64_000, NOON).held).toBe(1000)
    const { request } = ledger.tend(NOON + SLICE_IDLE_MS)
    if (request !== undefined) total.allot(request, 64_000, NOON)
    expect(total.standing(64_000, NOON).held).toBe(0)
  })

  test('is not held again when an older answer arrives after all', () => {
    const total = open()
    const { ledger } = createHolder('a')
    const late = ledger.prepare(50, ANYONE, NOON)
    const answer = late && total.allot(late, 64_000, NOON)
    const { request } = ledger.tend(NOON + SLICE_IDLE_MS)
    if (request !== undefined) total.allot(request, 64_000, NOON)
    if (answer !== undefined) ledger.take(answer)
    expect(ledger.prepare(50, ANYONE, NOON)).toMatchObject({ term: 1, kept: 0, need: 50 })
  })

  test.each([
    ['more', 70],
    ['less', 0],
  ])('is told anew when the count of an expired call comes late, and is %s', (_, used) => {
    const total = open()
    const { ledger } = createHolder('a')
    const call = { id: 'a', prompt: 40, output: 60, expiresAt: NOON + 1 }
    const tell = (now: number) => {
      const { request } = ledger.tend(now)
      if (request !== undefined) ledger.take(total.allot(request, 64_000, now))
    }
    const verdict = ledger.reserve(call, ANYONE, NOON)
    if (verdict.kind === 'short') ledger.take(total.allot(verdict.request, 64_000, NOON))
    ledger.reserve(call, ANYONE, NOON)
    tell(NOON + 1)
    tell(NOON + HOUR)
    expect(total.standing(64_000, NOON).held).toBe(40)
    ledger.settle('a', used, NOON + HOUR)
    expect(ledger.dueAt(NOON + HOUR)).toBe(NOON + HOUR + SLICE_IDLE_MS)
    tell(NOON + HOUR + SLICE_IDLE_MS)
    expect(total.standing(64_000, NOON).held).toBe(used)
  })

  test('is not granted again when an older request arrives once more', () => {
    const total = open()
    const { ledger } = createHolder('a')
    const request = ledger.prepare(50, ANYONE, NOON)
    const send = (message?: SliceRequest) => message && ledger.take(total.allot(message, 64_000, NOON))
    send(request)
    send(ledger.tend(NOON + SLICE_IDLE_MS).request)
    send(request)
    expect(total.standing(64_000, NOON).held).toBe(0)
  })

  test('stays where it is once the day is over: the next day has its own', () => {
    const total = open()
    const { ledger, reserve } = createHolder('a')
    reserve(total, 64_000, 100, MIDNIGHT - 10)
    ledger.settle('a1', 40, MIDNIGHT - 5)
    expect(ledger.dueAt(MIDNIGHT - 5)).toBe(MIDNIGHT + DAY_GRACE_MS)
    expect(ledger.tend(MIDNIGHT + SLICE_IDLE_MS).request).toBeUndefined()
    expect(total.standing(64_000, MIDNIGHT)).toMatchObject({ held: 0, left: 64_000 })
  })
})

describe('a shortage', () => {
  test('says what there is, and that others may give some back', () => {
    const total = open()
    createHolder('a').reserve(total, 640, 600)
    expect(createHolder('b').reserve(total, 640, 50)).toEqual({
      limit: 640,
      left: 40,
      resetsAt: MIDNIGHT,
      retryAfterMs: SLICE_IDLE_MS,
    })
  })

  test('is for the day where all is known to be spent', () => {
    const total = open()
    const { ledger, reserve } = createHolder('a')
    reserve(total, 640, 600)
    ledger.settle('a1', 600, NOON)
    const { request } = ledger.tend(NOON + SLICE_IDLE_MS)
    if (request !== undefined) ledger.take(total.allot(request, 640, NOON))
    expect(createHolder('b').reserve(total, 640, 50)).toMatchObject({ left: 40, retryAfterMs: 12 * HOUR })
  })

  test('follows from calls that used more than was reserved, once they are told', () => {
    const total = open()
    const { ledger, reserve } = createHolder('a')
    reserve(total, 1000, 100)
    ledger.settle('a1', 5000, NOON)
    expect(reserve(total, 1000, 1)).toMatchObject({ limit: 1000, left: 0 })
    expect(total.standing(1000, NOON)).toMatchObject({ held: 5000, left: 0 })
  })

  test('meets who asks for a day that is over', () => {
    const total = open()
    const request = { day: dayOf(NOON), lease: 'a', term: 0, kept: 0, need: 10, most: undefined }
    expect(total.allot(request, 1000, MIDNIGHT + 5)).toMatchObject({
      held: 0,
      shortage: { retryAfterMs: 1 },
    })
    expect(total.dueAt()).toBeUndefined()
  })
})

test('a day is removed when it is over', () => {
  const total = open()
  createHolder('a').reserve(total, 1000, 100)
  const due = MIDNIGHT + DAY_GRACE_MS
  expect(total.dueAt()).toBe(due)
  total.tend(due - 1)
  // An object that moves to a machine whose clock is behind finds yesterday as it was.
  expect(total.standing(1000, MIDNIGHT - 1).held).toBe(100)
  total.tend(due)
  expect(total.dueAt()).toBeUndefined()
})

// ── At any interleaving ──────────────────────────────────────────────────────────────────────────

const HOLDERS = 3
const who = fc.nat(HOLDERS - 1)
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('ask' as const), who, tokens: fc.integer({ min: 1, max: 150 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('prepare' as const), who, tokens: fc.nat(150) }) },
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

/** The deployment as a whole, which none of its objects sees: a total, its holders, and what is on its way between them. */
function createWorld(databases: Database[], limit: number, skew: number) {
  for (const database of databases) database.clear()
  const [totalDatabase = openDatabase(), ...memberDatabases] = databases
  const total = createTotal(totalDatabase)
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
    answers.push({ to: from, answer: total.allot(request, limit, now + skew) })
  }
  const spent = (day: number, holder?: number) =>
    calls
      .filter((call) => call.day === day && (holder === undefined || call.holder === holder))
      .reduce((sum, { tokens }) => sum + tokens, 0)

  return {
    total,
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
      const verdict = member.ledger.reserve({ id, prompt, output: tokens - prompt, expiresAt }, ANYONE, now)
      if (verdict.kind === 'short') send(holder, verdict.request)
      if (verdict.kind === 'reserved') {
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
      return verdict.kind
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
      send(holder, member.ledger.tend(now).request)
    },

    unsettled: () => calls.filter(({ state, holder }) => state !== 'over' && members[holder]?.alive === true),

    do(what: Step): void {
      const one = 'which' in what ? what.which : 0
      if (what.do === 'wait') now += what.ms
      if (what.do === 'ask') this.ask(what.who, what.tokens)
      if (what.do === 'alarm') this.alarm(what.who)
      if (what.do === 'prepare') {
        const member = members[what.who]
        if (member?.alive === true) send(what.who, member.ledger.prepare(what.tokens, ANYONE, now))
      }
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
      // It comes back with nothing: what its calls used before stays used. What is on its way still reaches the one who follows.
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
      for (const { lease, held: tokens } of world.leases()) {
        held += Number(tokens)
        const holder = living.find(({ leases }) => leases.includes(String(lease)))
        if (holder !== undefined) expect(tokens).toBe(world.spent(today, holder.holder))
      }
      expect(world.total.standing(limit, world.now()).held).toBe(held)

      // What is left can be used to the last token, and no further.
      const left = Math.max(0, limit - held)
      newcomersDatabase.clear()
      const newcomer = createHolder('newcomer', newcomersDatabase)
      expect(newcomer.reserve(world.total, limit, left + 1, world.now())).toMatchObject({ limit, left })
      if (left > 0) expect(newcomer.reserve(world.total, limit, left, world.now())).toBe('reserved')

      // And on the next day all of it.
      world.wait(DAY)
      expect(newcomer.reserve(world.total, limit, limit, world.now())).toBe('reserved')
      expect(newcomer.reserve(world.total, limit, 1, world.now())).toMatchObject({ limit, left: 0 })
    },
  )
  fc.assert(property, { numRuns: 1000 })
}, 60_000)
