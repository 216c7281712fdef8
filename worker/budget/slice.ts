/**
 * The slice that a caller holds of the deployment's tokens for the day: what it may reserve without asking.
 * deployment-budget.ts hands slices out; this is the holder's side.
 *
 * Holder and deployment exchange one kind of message, each numbered by the holder (`seq`). A message says
 * what the holder keeps in all (`granted`) and what it wants in all (`wanted`); the answer says what it now
 * holds. The deployment obeys a number once, and ignores all numbers below the last. The holder believes only
 * the answer to its last message.
 *
 * Nothing that is lost, late or repeated does harm:
 * - The holder raises what it holds only by an answer, so by what the deployment has put down already. It
 *   cuts what it holds before it says so. So it never holds more than is put down for it.
 * - A grant whose answer is lost is taken back by the next message, which says what the holder really holds.
 *   An unanswered message is followed by another one when the holder is idle, so nothing leaks.
 *
 * A holder gives back when it has been idle, or at once if it is asked to (call-back.ts). Both are the same
 * message, so a call-back that is lost or repeated does no harm either.
 *
 * One thing may stand above: a call that used more than its reservation. Its holder says so, and it is put
 * down in full.
 */
import { SLICE_IDLE_MS } from '../limits.ts'
import { type Migration, migrate } from '../objects/schema.ts'
import type { Sql } from '../objects/sql.ts'
import type { Sums } from './budget-state.ts'
import { endOfDay } from './day.ts'

export interface SliceRequest {
  day: number
  /**
   * Names the holder's object and its rows: `nameLease`. Rows that were wiped and made again are a new lease,
   * and the old one stays spent.
   */
  lease: string
  /** The number of this message: each is one more than the last. */
  seq: number
  /** What the holder has spent if its running calls end now: the rest may come back. */
  spent: number
  /** What the holder keeps, in all. Above what it held, if calls used more than was reserved for them. */
  granted: number
  /** What it needs, in all; not above `granted` if it only gives back. */
  wanted: number
  /** What it has use for, in all. */
  cap: number
}

export interface SliceAnswer {
  day: number
  lease: string
  /** The last message that was obeyed. */
  seq: number
  /** What the holder now holds, in all. */
  granted: number
  /** Why that is less than was wanted. */
  shortage: Shortage | undefined
}

export interface Shortage {
  /** The tokens of the whole deployment for the day, and those that are free. */
  limit: number
  left: number
  resetsAt: number
  /** When it is worth asking again: before the reset, if other callers may give back enough. */
  retryAfterMs: number
}

/** @param holder the name of the object that holds the lease: it can be asked to give back */
export const nameLease = (holder: string): string => `${holder}/${crypto.randomUUID()}`

/**
 * @returns the name of the object that holds a lease; `undefined`: an earlier release named it without one
 */
export function holderOf(lease: string): string | undefined {
  const end = lease.lastIndexOf('/')
  return end === -1 ? undefined : lease.slice(0, end)
}

/** The ledger calls it, and tells it what is spent of a day: settled and reserved. */
export interface Slice {
  /**
   * @param tokens of one more call
   * @param limit the caller's own tokens for the day: a larger slice is of no use
   * @returns what to ask of the deployment before the call; `undefined` if the slice has room for it
   */
  request(
    day: number,
    sums: Pick<Sums, 'spent' | 'certain'>,
    tokens: number,
    limit: number,
    now: number,
  ): SliceRequest | undefined
  take(answer: SliceAnswer): void
  /**
   * When to give back what isn't spent, if nothing is spent until then. `undefined`: never, as on a day that
   * is over.
   */
  dueAt(day: number, spent: number, touched: number): number | undefined
  /** Keeps what is spent and no more. @returns what to say of it; `undefined`: it has no row of the day */
  giveBack(day: number, sums: Pick<Sums, 'spent' | 'certain'>, now: number): SliceRequest | undefined
  /** The days that it has a row of. */
  days(): number[]
  /** Forgets the days before `day`. */
  forget(day: number): void
}

interface Row {
  lease: string
  seq: number
  /** The last message whose answer came. */
  answered: number
  granted: number
  /** When the last message was sent. */
  at: number
}

const SLICE_2 = `CREATE TABLE slice (
      day INTEGER PRIMARY KEY, lease TEXT NOT NULL, seq INTEGER NOT NULL, answered INTEGER NOT NULL,
      granted INTEGER NOT NULL, at INTEGER NOT NULL
    )`

const MIGRATIONS: readonly Migration[] = [
  [
    `CREATE TABLE IF NOT EXISTS slice (
      day INTEGER PRIMARY KEY, lease TEXT NOT NULL, term INTEGER NOT NULL, kept INTEGER NOT NULL, held INTEGER NOT NULL,
      asked INTEGER NOT NULL, confirmed INTEGER NOT NULL, at INTEGER NOT NULL
    )`,
  ],
  // A term that was asked in or not confirmed counts as an unanswered message: the next one says what is
  // held.
  [
    'ALTER TABLE slice RENAME TO slice_1',
    SLICE_2,
    `INSERT INTO slice (day, lease, seq, answered, granted, at)
     SELECT day, lease, term, CASE WHEN confirmed = 1 AND asked = 0 THEN term ELSE term - 1 END, held, at FROM slice_1`,
    'DROP TABLE slice_1',
  ],
]

/**
 * When a holder gives back what it does not use. Holders differ: after a restart all callers of a region
 * would otherwise send their messages in the same second, and the deployment's one object serves a thousand.
 *
 * @param chance a random number from 0 to 1
 */
export const idleMsBy = (chance: number): number => Math.round(SLICE_IDLE_MS * (1 + chance))

export function createSlice(sql: Sql, newLease: () => string, idleMs: number): Slice {
  migrate(sql, 'slice', MIGRATIONS, { table: 'slice', statements: [SLICE_2] })

  /** The table, by day. */
  const rows = new Map<number, Row>(
    sql.rows('SELECT * FROM slice').map((row) => [
      Number(row.day),
      {
        lease: String(row.lease),
        seq: Number(row.seq),
        answered: Number(row.answered),
        granted: Number(row.granted),
        at: Number(row.at),
      },
    ]),
  )

  /** Notes the next message: from here on only its answer counts. */
  function send(day: number, before: Row, granted: number, at: number) {
    const row = { ...before, seq: before.seq + 1, granted, at }
    sql.rows(
      'INSERT OR REPLACE INTO slice (day, lease, seq, answered, granted, at) VALUES (?, ?, ?, ?, ?, ?)',
      ...[day, row.lease, row.seq, row.answered, granted, at],
    )
    rows.set(day, row)
    return { day, lease: row.lease, seq: row.seq, granted }
  }

  return {
    request(day, { spent, certain }, tokens, limit, now) {
      const row = rows.get(day) ?? { lease: newLease(), seq: 0, answered: 0, granted: 0, at: now }
      const wanted = spent + tokens
      if (wanted <= row.granted) return undefined
      // A first grant is as large as its call, so that callers of one call leave the rest to others. From
      // then on a grant is for a further call as large, or for as much as was spent so far.
      const ahead = spent === 0 ? 0 : Math.max(tokens, spent)
      // The rest that is too small for this call goes back: a caller that is refused holds nothing unused.
      const sent = send(day, row, spent, now)
      return { ...sent, spent: certain, wanted, cap: Math.min(limit, wanted + ahead) }
    },

    take({ day, lease, seq, granted }) {
      const row = rows.get(day)
      if (row === undefined || row.lease !== lease || row.seq !== seq) return
      sql.rows('UPDATE slice SET granted = ?, answered = seq WHERE day = ?', granted, day)
      rows.set(day, { ...row, granted, answered: seq })
    },

    dueAt(day, spent, touched) {
      const row = rows.get(day)
      if (row === undefined || (row.answered === row.seq && row.granted === spent)) return undefined
      const due = Math.max(row.at, touched) + idleMs
      return due < endOfDay(day) ? due : undefined
    },

    giveBack(day, { spent, certain }, now) {
      const row = rows.get(day)
      return row && { ...send(day, row, spent, now), spent: certain, wanted: spent, cap: spent }
    },

    days: () => [...rows.keys()],

    forget(day) {
      sql.rows('DELETE FROM slice WHERE day < ?', day)
      for (const past of rows.keys()) if (past < day) rows.delete(past)
    },
  }
}
