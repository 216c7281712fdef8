/**
 * What one caller may spend: so many tokens in a UTC day, and so many calls at once. A call's tokens are reserved before
 * it is made, at the most it can use, and settled at what it used; so the sum of settled and reserved stays within the
 * day's budget however many calls are made at once. A call that uses more than was reserved is settled at what it used all the same:
 * the account is true, and if that passes the budget nothing more can be reserved.
 *
 * A reservation belongs to the day on which it was made, and holds one place of the concurrency until it is settled. One
 * that nobody settles expires at its estimate; where the true count comes after all, it replaces the estimate, once.
 */
import { DAY_GRACE_MS } from '../limits.ts'
import type { Sql, SqlRow } from '../objects/sql.ts'
import { isTokenCount } from '../tokens/token-count.ts'
import { dayOf, endOfDay } from './day.ts'
import { createSlice, type SliceAnswer, type SliceRequest } from './slice.ts'
import { type Limits, type Refusal, refusalOf, type Standing, type Sums, standingOf } from './standing.ts'

/** A call that is about to be made. */
export interface Ask {
  /** Unique among calls. Asking again with the same id, as after an answer that was lost, reserves once. */
  id: string
  /** Tokens of the prompt, and the most that the answer may have. */
  prompt: number
  output: number
  /** When the call is over at the latest; in milliseconds since 1970, as all times here. */
  expiresAt: number
}

export type Verdict =
  | { kind: 'reserved'; standing: Standing }
  | { kind: 'refused'; refusal: Refusal; standing: Standing }
  /** The slice is too small: `request` goes to the total, its answer to `take`, and then this is asked again (reserve.ts). */
  | { kind: 'short'; request: SliceRequest; standing: Standing }

/** A reservation that nobody settled in time, and what it was settled at. */
export interface Expired {
  id: string
  tokens: number
}

export interface Ledger {
  reserve(ask: Ask, limits: Limits, now: number): Verdict
  /** Notes how much of the answer there is by now, for the estimate. Never makes it smaller. */
  progress(id: string, output: number): void
  /**
   * Ends a call. Settling twice does nothing the second time, and so does settling what is unknown.
   * @param used what it used in all; 0 if it was never made; without a count, or with an absurd one, the estimate
   * @returns whether there was anything to settle
   */
  settle(id: string, used: number | undefined, now: number): boolean
  usage(limits: Limits, now: number): Standing
  /** @returns what to ask of the total so that a call of so many tokens won't have to; `undefined` where the slice has them */
  prepare(tokens: number, limits: Limits, now: number): SliceRequest | undefined
  /** What the total answered to any request. */
  take(answer: SliceAnswer): void
  /** When `tend` has something to do: what the object's alarm is set to after each change. `undefined`: nothing is stored. */
  dueAt(now: number): number | undefined
  /** What the alarm does. `request`: what to give back to the total, whose answer goes to `take`; lost, it is said again. */
  tend(now: number): { expired: Expired[]; request: SliceRequest | undefined }
}

/** The tables are made where they are missing: after the object's `deleteAll`, make the ledger anew. */
export function createLedger(sql: Sql, newLease: () => string = () => crypto.randomUUID()): Ledger {
  sql.rows(
    'CREATE TABLE IF NOT EXISTS spending (day INTEGER PRIMARY KEY, used INTEGER NOT NULL, touched INTEGER NOT NULL)',
  )
  // `charged`: what it was settled at when it expired. Such a row holds nothing, and waits for the true count.
  sql.rows(
    `CREATE TABLE IF NOT EXISTS reservation (
      id TEXT PRIMARY KEY, day INTEGER NOT NULL, prompt INTEGER NOT NULL, output INTEGER NOT NULL,
      known INTEGER NOT NULL, expires INTEGER NOT NULL, charged INTEGER
    ) WITHOUT ROWID`,
  )
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

  function expire(now: number): Expired[] {
    const late = sql.rows('SELECT * FROM reservation WHERE charged IS NULL AND expires <= ?', now)
    return late.map((row) => {
      const id = String(row.id)
      const tokens = estimateOf(row)
      charge(row.day, tokens, now)
      sql.rows('UPDATE reservation SET charged = ? WHERE id = ?', tokens, id)
      return { id, tokens }
    })
  }

  return {
    reserve(ask, limits, now) {
      if (!isTokenCount(ask.prompt) || !isTokenCount(ask.output)) {
        throw new TypeError('A reservation is of whole tokens: count the prompt, and bound the output.')
      }
      const needed = ask.prompt + ask.output
      const day = dayOf(now)
      return sql.transaction(() => {
        // The alarm does it too, but may be late, and a dead call's place should not be.
        expire(now)
        const before = sums(day)
        const standing = standingOf(limits, before, now)
        const [known] = sql.rows('SELECT charged FROM reservation WHERE id = ?', ask.id)
        if (known?.charged === null) return { kind: 'reserved', standing }
        if (known !== undefined) throw new TypeError('This reservation has expired: ask with a new id.')

        const refusal = refusalOf(needed, limits, before, now)
        if (refusal !== undefined) return { kind: 'refused', refusal, standing }
        if (limits.sliced) {
          const request = slice.request(day, before.spent, needed, limits.tokensPerDay, now)
          if (request !== undefined) return { kind: 'short', request, standing }
        }
        sql.rows(
          'INSERT INTO reservation (id, day, prompt, output, known, expires) VALUES (?, ?, ?, ?, 0, ?)',
          ...[ask.id, day, ask.prompt, ask.output, ask.expiresAt],
        )
        const after = {
          ...before,
          running: before.running + 1,
          reserved: before.reserved + needed,
          spent: before.spent + needed,
        }
        return { kind: 'reserved', standing: standingOf(limits, after, now) }
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
        return standingOf(limits, sums(dayOf(now)), now)
      })
    },

    prepare(tokens, limits, now) {
      if (!limits.sliced) return undefined
      const day = dayOf(now)
      return sql.transaction(() => {
        const { spent } = sums(day)
        // Beyond its own budget a slice is of no use to it.
        const wanted = Math.max(0, Math.min(tokens, (limits.tokensPerDay ?? Infinity) - spent))
        return slice.request(day, spent, wanted, limits.tokensPerDay, now)
      })
    },

    take: (answer) => slice.take(answer),

    dueAt(now) {
      const day = dayOf(now)
      const { spent, touched, running } = sums(day)
      // While a call runs, its end is near, and the next one may follow it.
      const giveBack = running > 0 ? undefined : slice.dueAt(day, spent, touched)
      const [row] = sql.rows(
        `SELECT (SELECT min(expires) FROM reservation WHERE charged IS NULL) AS expires, (SELECT min(day) FROM (
           SELECT day FROM spending UNION ALL SELECT day FROM slice
           UNION ALL SELECT day FROM reservation WHERE charged IS NOT NULL)) AS oldest`,
      )
      const expires = typeof row?.expires === 'number' ? row.expires : undefined
      const over = typeof row?.oldest === 'number' ? endOfDay(row.oldest) + DAY_GRACE_MS : undefined
      const due = Math.min(giveBack ?? Infinity, expires ?? Infinity, over ?? Infinity)
      return due === Infinity ? undefined : due
    },

    tend(now) {
      return sql.transaction(() => {
        const expired = expire(now)
        const day = dayOf(now)
        const oldest = dayOf(now - DAY_GRACE_MS)
        sql.rows('DELETE FROM spending WHERE day < ?', oldest)
        sql.rows('DELETE FROM reservation WHERE charged IS NOT NULL AND day < ?', oldest)
        slice.forget(oldest)
        const { spent, touched, running } = sums(day)
        const due = running > 0 ? undefined : slice.dueAt(day, spent, touched)
        const request = due !== undefined && due <= now ? slice.giveBack(day, spent, now) : undefined
        return { expired, request }
      })
    },
  }
}

function estimateOf(row: SqlRow): number {
  return Number(row.prompt) + Number(row.known)
}
