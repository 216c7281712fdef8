/**
 * What one caller may spend: so many tokens in a UTC day, and so many calls at once. A call's tokens are
 * reserved before it is made, at the most it can use, and settled at what it used. So the sum of settled and
 * reserved tokens stays within the day's budget however many calls are made at once. A call that used more
 * than was reserved is settled in full: the account is true, and once it passes the budget nothing more can
 * be reserved.
 *
 * A reservation belongs to the day on which it was made, and holds one place of the concurrency until it is
 * settled. If it is not settled in time it expires at its estimate. A true count that comes later replaces
 * the estimate, once.
 */
import { DAY_GRACE_MS, SLICE_IDLE_MS } from '../limits.ts'
import { type Migration, migrate } from '../objects/schema.ts'
import type { Sql, SqlRow } from '../objects/sql.ts'
import { isTokenCount } from '../tokens/token-count.ts'
import {
  type BudgetRefusal,
  type BudgetState,
  type CallerLimits,
  refusalOf,
  type Sums,
  stateOf,
} from './budget-state.ts'
import { dayOf, endOfDay } from './day.ts'
import { createSlice, type SliceAnswer, type SliceRequest } from './slice.ts'

/** What a call may take: put aside before it is made. */
export interface Reservation {
  /** Unique among calls. Asking again with the same id, as after an answer that was lost, reserves once. */
  id: string
  /** Tokens of the prompt, and the most that the answer may have. */
  prompt: number
  output: number
  /** When the call is over at the latest; in milliseconds since 1970, as all times here. */
  expiresAt: number
}

export type ReservationResult =
  | { kind: 'reserved'; state: BudgetState }
  | { kind: 'refused'; refusal: BudgetRefusal; state: BudgetState }

/**
 * `short`: the slice is too small. `request` goes to the deployment's budget, its answer to `take`; then ask
 * again.
 */
export type ReserveOutcome = ReservationResult | { kind: 'short'; request: SliceRequest; state: BudgetState }

export interface Ledger {
  reserve(reservation: Reservation, limits: CallerLimits, now: number): ReserveOutcome
  /** Notes how many tokens the answer has by now, for the estimate. A smaller number changes nothing. */
  progress(id: string, output: number): void
  /**
   * Ends a call. Settling an unknown call, or one a second time, does nothing.
   * @param used tokens in all; 0 if the call was never made; without a credible count, the estimate is
   *   charged
   * @returns whether there was anything to settle
   */
  settle(id: string, used: number | undefined, now: number): boolean
  /** Charges a call that nothing was reserved for. */
  spend(used: number, now: number): void
  usage(limits: CallerLimits, now: number): BudgetState
  /** Takes the deployment's answer to a request. */
  take(answer: SliceAnswer): void
  /** When `runDueWork` has something to do; `undefined`: nothing is stored. */
  dueAt(now: number): number | undefined
  /**
   * Settles what has expired, and forgets the days that are over.
   * @returns what to give back to the deployment. If the message is lost, the next one says it again
   */
  runDueWork(now: number): SliceRequest | undefined
  /**
   * Cuts the slice to what is used and reserved, also while calls run.
   * @returns what to tell the deployment; `undefined`: no slice of today is held
   */
  giveBack(now: number): SliceRequest | undefined
}

const MIGRATIONS: readonly Migration[] = [
  [
    'CREATE TABLE IF NOT EXISTS spending (day INTEGER PRIMARY KEY, used INTEGER NOT NULL, touched INTEGER NOT NULL)',
    // `charged`: what it was settled at when it expired. Such a row reserves nothing, and waits for the true
    // count.
    `CREATE TABLE IF NOT EXISTS reservation (
      id TEXT PRIMARY KEY, day INTEGER NOT NULL, prompt INTEGER NOT NULL, output INTEGER NOT NULL,
      known INTEGER NOT NULL, expires INTEGER NOT NULL, charged INTEGER
    ) WITHOUT ROWID`,
  ],
]

interface OpenCall {
  day: number
  prompt: number
  output: number
  /** How many tokens of the answer are known to exist. */
  known: number
  expires: number
  /** What it was settled at when it expired; `undefined`: it runs. */
  charged: number | undefined
}

/**
 * Brings its tables up to date. After the object's `deleteAll`, create the ledger again. The tables are also
 * kept in memory, so that a call costs only the statements that write.
 *
 * @param idleMs how long after the last call the unused part of its slice goes back
 */
export function createLedger(
  sql: Sql,
  newLease: () => string = () => crypto.randomUUID(),
  idleMs = SLICE_IDLE_MS,
): Ledger {
  migrate(sql, 'ledger', MIGRATIONS)
  const slice = createSlice(sql, newLease, idleMs)
  const spending = new Map(
    sql
      .rows('SELECT * FROM spending')
      .map((row) => [Number(row.day), { used: Number(row.used), touched: Number(row.touched) }]),
  )
  const calls = new Map<string, OpenCall>(
    sql.rows('SELECT * FROM reservation').map((row) => [String(row.id), toCall(row)]),
  )

  const running = () => [...calls].filter(([, call]) => call.charged === undefined)

  function sums(day: number): Sums & { touched: number } {
    const { used = 0, touched = 0 } = spending.get(day) ?? {}
    const total = { running: 0, reserved: 0, estimate: 0 }
    for (const call of calls.values()) {
      if (call.charged !== undefined) continue
      total.running++
      if (call.day !== day) continue
      // An answer that outgrew its reservation holds what it has grown to.
      total.reserved += call.prompt + Math.max(call.output, call.known)
      total.estimate += estimateOf(call)
    }
    const { running, reserved, estimate } = total
    return { used, touched, running, reserved, spent: used + reserved, certain: used + estimate }
  }

  /** The statement of a charge. `noteCharge` follows once its transaction is through. */
  function charge(day: number, tokens: number, now: number): void {
    sql.rows(
      `INSERT INTO spending (day, used, touched) VALUES (?, ?, ?)
       ON CONFLICT (day) DO UPDATE SET used = used + excluded.used, touched = excluded.touched`,
      ...[day, tokens, now],
    )
  }

  function noteCharge(day: number, tokens: number, touched: number): void {
    spending.set(day, { used: (spending.get(day)?.used ?? 0) + tokens, touched })
  }

  function expire(now: number): void {
    const late = running().filter(([, { expires }]) => expires <= now)
    if (late.length === 0) return
    sql.transaction(() => {
      for (const [id, call] of late) {
        charge(call.day, estimateOf(call), now)
        sql.rows('UPDATE reservation SET charged = ? WHERE id = ?', estimateOf(call), id)
      }
    })
    for (const [, call] of late) {
      call.charged = estimateOf(call)
      noteCharge(call.day, call.charged, now)
    }
  }

  /** While a call runs nothing is given back: its end is near, and the next call may follow. */
  function giveBackAt(day: number): number | undefined {
    const { spent, touched, running } = sums(day)
    return running > 0 ? undefined : slice.dueAt(day, spent, touched)
  }

  return {
    reserve({ id, prompt, output, expiresAt }, limits, now) {
      if (!isTokenCount(prompt) || !isTokenCount(output)) {
        throw new TypeError('A reservation is of whole tokens: count the prompt, and bound the output.')
      }
      const needed = prompt + output
      const day = dayOf(now)
      // Here too, since the alarm may be late: a call that has expired gives its place to this one.
      expire(now)
      const before = sums(day)
      const state = stateOf(limits, before, now)
      const known = calls.get(id)
      if (known?.charged !== undefined) {
        throw new TypeError('This reservation has expired: ask with a new id.')
      }
      if (known !== undefined) return { kind: 'reserved', state }

      const refusal = refusalOf(needed, limits, before, now)
      if (refusal !== undefined) return { kind: 'refused', refusal, state }
      if (limits.sliced) {
        const request = slice.request(day, before, needed, limits.tokensPerDay ?? Infinity, now)
        if (request !== undefined) return { kind: 'short', request, state }
      }
      sql.rows(
        'INSERT INTO reservation (id, day, prompt, output, known, expires) VALUES (?, ?, ?, ?, 0, ?)',
        ...[id, day, prompt, output, expiresAt],
      )
      calls.set(id, { day, prompt, output, known: 0, expires: expiresAt, charged: undefined })
      return { kind: 'reserved', state: stateOf(limits, sums(day), now) }
    },

    progress(id, output) {
      const call = calls.get(id)
      if (call === undefined || call.charged !== undefined || !isTokenCount(output) || output <= call.known)
        return
      sql.rows('UPDATE reservation SET known = ? WHERE id = ?', output, id)
      call.known = output
    },

    settle(id, used, now) {
      const call = calls.get(id)
      if (call === undefined) return false
      const tokens = (isTokenCount(used) ? used : estimateOf(call)) - (call.charged ?? 0)
      sql.transaction(() => {
        charge(call.day, tokens, now)
        sql.rows('DELETE FROM reservation WHERE id = ?', id)
      })
      calls.delete(id)
      noteCharge(call.day, tokens, now)
      return true
    },

    spend(used, now) {
      charge(dayOf(now), used, now)
      noteCharge(dayOf(now), used, now)
    },

    usage(limits, now) {
      expire(now)
      return stateOf(limits, sums(dayOf(now)), now)
    },

    take: (answer) => slice.take(answer),

    dueAt(now) {
      const expires = running().map(([, call]) => call.expires)
      const charged = [...calls.values()].filter((call) => call.charged !== undefined)
      const days = [...spending.keys(), ...slice.days(), ...charged.map(({ day }) => day)]
      const due = Math.min(
        giveBackAt(dayOf(now)) ?? Infinity,
        ...expires,
        ...days.map((day) => endOfDay(day) + DAY_GRACE_MS),
      )
      return due === Infinity ? undefined : due
    },

    runDueWork(now) {
      expire(now)
      const day = dayOf(now)
      const oldest = dayOf(now - DAY_GRACE_MS)
      sql.transaction(() => {
        sql.rows('DELETE FROM spending WHERE day < ?', oldest)
        sql.rows('DELETE FROM reservation WHERE charged IS NOT NULL AND day < ?', oldest)
      })
      for (const past of spending.keys()) if (past < oldest) spending.delete(past)
      for (const [id, call] of calls) if (call.charged !== undefined && call.day < oldest) calls.delete(id)
      slice.forget(oldest)
      const due = giveBackAt(day)
      return due !== undefined && due <= now ? slice.giveBack(day, sums(day), now) : undefined
    },

    giveBack(now) {
      expire(now)
      return slice.giveBack(dayOf(now), sums(dayOf(now)), now)
    },
  }
}

const estimateOf = ({ prompt, known }: Pick<OpenCall, 'prompt' | 'known'>): number => prompt + known

function toCall(row: SqlRow): OpenCall {
  return {
    day: Number(row.day),
    prompt: Number(row.prompt),
    output: Number(row.output),
    known: Number(row.known),
    expires: Number(row.expires),
    charged: row.charged === null ? undefined : Number(row.charged),
  }
}
