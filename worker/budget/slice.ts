/**
 * The slice that a caller holds of the deployment's tokens for the day: what it may reserve without asking.
 * The other half is total.ts, and this is what they say to each other.
 *
 * Every message states amounts in all, never differences, so sending one twice does what sending it once does. Within
 * a term the total only ever raises what a lease holds, so that order doesn't matter either. To give back, the holder
 * begins a new term: it cuts its slice first and speaks of it after, and the total no longer hears the terms before.
 * Whatever is lost, late or repeated, the holder never holds more than the total has put down to its lease.
 */
import { SLICE_IDLE_MS } from '../limits.ts'
import type { Sql } from '../objects/sql.ts'
import { endOfDay } from './day.ts'

export interface SliceRequest {
  day: number
  /** Names the holder's rows, not the holder: rows that were wiped and made anew are a new lease, and the old one stays spent. */
  lease: string
  term: number
  /** What the holder kept when it began the term. More than it held, if calls used more than was reserved for them. */
  kept: number
  /** What it needs in all; no more than `kept` where it only gives back. */
  need: number
  /** What more than this, in all, would be of no use to it. */
  most: number | undefined
}

export interface SliceAnswer {
  day: number
  lease: string
  term: number
  /** What is now put down to the lease, in all. */
  held: number
  /** Why that is less than was needed. */
  shortage: Shortage | undefined
}

export interface Shortage {
  /** The tokens of the whole deployment for the day, and those that nobody holds. */
  limit: number
  left: number
  resetsAt: number
  /** When it is worth asking again: sooner than the reset, where other callers may give back. */
  retryAfterMs: number
}

/** For the ledger, which calls it in its transactions, and knows what was spent of a day: settled and reserved. */
export interface Slice {
  /** @returns what to ask of the total before `tokens` more can be spent; `undefined` where the slice has them */
  request(
    day: number,
    spent: number,
    tokens: number,
    most: number | undefined,
    now: number,
  ): SliceRequest | undefined
  take(answer: SliceAnswer): void
  /** When what isn't spent is to be given back, if nothing is spent until then; not at all once the day is over. */
  dueAt(day: number, spent: number, touched: number): number | undefined
  /** Keeps what is spent and no more. @returns what to say of it */
  giveBack(day: number, spent: number, now: number): SliceRequest | undefined
  /** Forgets the days before `day`, of which the total keeps the account. */
  forget(day: number): void
}

interface Row {
  lease: string
  term: number
  kept: number
  held: number
  /** Whether more was asked for in this term: an answer that was lost may have granted it. */
  asked: boolean
  /** Whether the total is known to have heard of this term. */
  confirmed: boolean
  at: number
}

export function createSlice(sql: Sql, newLease: () => string): Slice {
  sql.rows(
    `CREATE TABLE IF NOT EXISTS slice (
      day INTEGER PRIMARY KEY, lease TEXT NOT NULL, term INTEGER NOT NULL, kept INTEGER NOT NULL, held INTEGER NOT NULL,
      asked INTEGER NOT NULL, confirmed INTEGER NOT NULL, at INTEGER NOT NULL
    )`,
  )

  function read(day: number): Row | undefined {
    const [row] = sql.rows('SELECT * FROM slice WHERE day = ?', day)
    return (
      row && {
        lease: String(row.lease),
        term: Number(row.term),
        kept: Number(row.kept),
        held: Number(row.held),
        asked: row.asked === 1,
        confirmed: row.confirmed === 1,
        at: Number(row.at),
      }
    )
  }

  function write(day: number, { lease, term, kept, held, asked, confirmed, at }: Row): void {
    sql.rows(
      'INSERT OR REPLACE INTO slice (day, lease, term, kept, held, asked, confirmed, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      ...[day, lease, term, kept, held, asked ? 1 : 0, confirmed ? 1 : 0, at],
    )
  }

  // `kept` above what was held is a debt, told so that the total counts what was really used.
  const nextTerm = (row: Row, kept: number): Row => ({
    ...row,
    term: row.term + 1,
    kept,
    held: kept,
    asked: false,
    confirmed: false,
  })

  return {
    request(day, spent, tokens, most, now) {
      // A lease that the total has not heard of holds nothing there either: there is nothing to confirm.
      let row = read(day) ?? {
        lease: newLease(),
        term: 0,
        kept: 0,
        held: 0,
        asked: false,
        confirmed: true,
        at: now,
      }
      const need = spent + tokens
      if (need <= row.held) return undefined
      if (spent > row.held) row = nextTerm(row, spent)
      write(day, { ...row, asked: true, at: now })
      return { day, lease: row.lease, term: row.term, kept: row.kept, need, most }
    },

    take({ day, lease, term, held }) {
      // An answer from a term before this one speaks of tokens that may have been given back since.
      sql.rows(
        'UPDATE slice SET held = max(held, ?), confirmed = 1 WHERE day = ? AND lease = ? AND term = ?',
        ...[held, day, lease, term],
      )
    },

    dueAt(day, spent, touched) {
      const row = read(day)
      // What the total has put down can only differ from this after a question, or a message that it didn't answer.
      if (row === undefined || (row.confirmed && !row.asked && row.held === spent)) return undefined
      const due = Math.max(row.at, touched) + SLICE_IDLE_MS
      return due < endOfDay(day) ? due : undefined
    },

    giveBack(day, spent, now) {
      const before = read(day)
      if (before === undefined) return undefined
      const row = nextTerm(before, spent)
      write(day, { ...row, at: now })
      return { day, lease: row.lease, term: row.term, kept: spent, need: spent, most: spent }
    },

    forget(day) {
      sql.rows('DELETE FROM slice WHERE day < ?', day)
    },
  }
}
