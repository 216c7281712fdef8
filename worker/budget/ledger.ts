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
import { DAY_GRACE_MS } from '../limits.ts'
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
   * @param used tokens in all; 0 if the call was never made; without a credible count, the estimate is charged
   * @returns whether there was anything to settle
   */
  settle(id: string, used: number | undefined, now: number): boolean
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

/** Brings its tables up to date. After the object's `deleteAll`, create the ledger again. */
export function createLedger(sql: Sql, newLease: () => string = () => crypto.randomUUID()): Ledger {
  migrate(sql, 'ledger', MIGRATIONS)
  const slice = createSlice(sql, newLease)

  function sums(day: number): Sums & { touched: number } {
    const [spending] = sql.rows('SELECT used, touched FROM spending WHERE day = ?', day)
    // An answer that outgrew its reservation holds what it has grown to.
    const [open] = sql.rows(
      `SELECT count(*) AS running,
         sum(CASE WHEN day = ? THEN prompt + max(output, known) END) AS reserved,
         sum(CASE WHEN day = ? THEN prompt + known END) AS estimate
       FROM reservation WHERE charged IS NULL`,
      ...[day, day],
    )
    const used = Number(spending?.used ?? 0)
    const reserved = Number(open?.reserved ?? 0)
    return {
      used,
      touched: Number(spending?.touched ?? 0),
      running: Number(open?.running ?? 0),
      reserved,
      spent: used + reserved,
      certain: used + Number(open?.estimate ?? 0),
    }
  }

  function charge(day: unknown, tokens: number, now: number): void {
    sql.rows(
      `INSERT INTO spending (day, used, touched) VALUES (?, ?, ?)
       ON CONFLICT (day) DO UPDATE SET used = used + excluded.used, touched = excluded.touched`,
      ...[Number(day), tokens, now],
    )
  }

  function expire(now: number): void {
    for (const row of sql.rows('SELECT * FROM reservation WHERE charged IS NULL AND expires <= ?', now)) {
      const tokens = estimateOf(row)
      charge(row.day, tokens, now)
      sql.rows('UPDATE reservation SET charged = ? WHERE id = ?', tokens, String(row.id))
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
      return sql.transaction(() => {
        // Here too, since the alarm may be late: a call that has expired gives its place to this one.
        expire(now)
        const before = sums(day)
        const state = stateOf(limits, before, now)
        const [known] = sql.rows('SELECT charged FROM reservation WHERE id = ?', id)
        if (known?.charged === null) return { kind: 'reserved', state }
        if (known !== undefined) throw new TypeError('This reservation has expired: ask with a new id.')

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
        const after = {
          ...before,
          running: before.running + 1,
          reserved: before.reserved + needed,
          spent: before.spent + needed,
        }
        return { kind: 'reserved', state: stateOf(limits, after, now) }
      })
    },

    progress(id, output) {
      if (!isTokenCount(output)) return
      sql.rows('UPDATE reservation SET known = max(known, ?) WHERE id = ? AND charged IS NULL', output, id)
    },

    settle(id, used, now) {
      return sql.transaction(() => {
        const [row] = sql.rows('SELECT * FROM reservation WHERE id = ?', id)
        if (row === undefined) return false
        charge(row.day, (isTokenCount(used) ? used : estimateOf(row)) - Number(row.charged ?? 0), now)
        sql.rows('DELETE FROM reservation WHERE id = ?', id)
        return true
      })
    },

    usage(limits, now) {
      return sql.transaction(() => {
        expire(now)
        return stateOf(limits, sums(dayOf(now)), now)
      })
    },

    take: (answer) => slice.take(answer),

    dueAt(now) {
      const [row] = sql.rows(
        `SELECT (SELECT min(expires) FROM reservation WHERE charged IS NULL) AS expires, (SELECT min(day) FROM (
           SELECT day FROM spending UNION ALL SELECT day FROM slice
           UNION ALL SELECT day FROM reservation WHERE charged IS NOT NULL)) AS oldest`,
      )
      const expires = typeof row?.expires === 'number' ? row.expires : Infinity
      const over = typeof row?.oldest === 'number' ? endOfDay(row.oldest) + DAY_GRACE_MS : Infinity
      const due = Math.min(giveBackAt(dayOf(now)) ?? Infinity, expires, over)
      return due === Infinity ? undefined : due
    },

    runDueWork(now) {
      return sql.transaction(() => {
        expire(now)
        const day = dayOf(now)
        const oldest = dayOf(now - DAY_GRACE_MS)
        sql.rows('DELETE FROM spending WHERE day < ?', oldest)
        sql.rows('DELETE FROM reservation WHERE charged IS NOT NULL AND day < ?', oldest)
        slice.forget(oldest)
        const due = giveBackAt(day)
        return due !== undefined && due <= now ? slice.giveBack(day, sums(day).spent, now) : undefined
      })
    },
  }
}

function estimateOf(row: SqlRow): number {
  return Number(row.prompt) + Number(row.known)
}
