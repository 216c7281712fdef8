/**
 * The deployment's tokens for the day, handed out to callers in slices, so that a caller asks here only when
 * its slice is used up. One object does this for all callers. slice.ts is the holders' side and describes the
 * messages.
 *
 * The slice of a holder that is never heard of again counts as spent until the day is over.
 */
import {
  CALL_BACK_PAUSE_MS,
  DAY_GRACE_MS,
  LEASES_REMOVED_AT_ONCE,
  SLICES,
  SLICES_OF_REST,
} from '../limits.ts'
import { type Migration, migrate } from '../objects/schema.ts'
import type { Sql } from '../objects/sql.ts'
import { dayOf, endOfDay } from './day.ts'
import { holderOf, type SliceAnswer, type SliceRequest } from './slice.ts'

export interface DeploymentBudget {
  /** @param limit the tokens of the whole deployment in a UTC day */
  grant(request: SliceRequest, limit: number, now: number): SliceAnswer
  /** Whether `grant` would refuse this request, and need not if other holders gave back what they may. */
  isShort(request: SliceRequest, limit: number, now: number): boolean
  /** The objects of other holders that may have something to give back, those with the most first. */
  holders({ day, lease }: SliceRequest, most: number): string[]
  /** When `runDueWork` has something to do; `undefined`: nothing is stored. */
  dueAt(): number | undefined
  /** Removes the days that are over, some leases at a time: as long as there are more, it is due again. */
  runDueWork(now: number): void
}

/** What holders hold, and what of it was spent for certain when they last said so. */
interface Held {
  granted: number
  spent: number
}

interface Lease extends Held {
  seq: number
}

const MIGRATIONS: readonly Migration[] = [
  // The day's sums are kept beside the leases: a day has as many leases as callers.
  [
    'CREATE TABLE IF NOT EXISTS total (day INTEGER PRIMARY KEY, held INTEGER NOT NULL, kept INTEGER NOT NULL)',
    `CREATE TABLE IF NOT EXISTS lease (
      day INTEGER NOT NULL, lease TEXT NOT NULL, term INTEGER NOT NULL, held INTEGER NOT NULL, kept INTEGER NOT NULL,
      PRIMARY KEY (day, lease)
    ) WITHOUT ROWID`,
  ],
  [
    'ALTER TABLE total RENAME COLUMN held TO granted',
    'ALTER TABLE total RENAME COLUMN kept TO spent',
    'ALTER TABLE lease RENAME COLUMN term TO seq',
    'ALTER TABLE lease RENAME COLUMN held TO granted',
    'ALTER TABLE lease RENAME COLUMN kept TO spent',
  ],
  // For `holders`: of a day's leases, only those of the last minutes hold something unspent.
  ['CREATE INDEX lease_unspent ON lease (day, granted - spent) WHERE granted > spent'],
]

export function createDeploymentBudget(sql: Sql): DeploymentBudget {
  migrate(sql, 'total', MIGRATIONS)

  function sums(day: number): Held {
    const [row] = sql.rows('SELECT granted, spent FROM total WHERE day = ?', day)
    return { granted: Number(row?.granted ?? 0), spent: Number(row?.spent ?? 0) }
  }

  function read(day: number, lease: string): Lease {
    const [row] = sql.rows('SELECT seq, granted, spent FROM lease WHERE day = ? AND lease = ?', day, lease)
    return { seq: Number(row?.seq ?? 0), granted: Number(row?.granted ?? 0), spent: Number(row?.spent ?? 0) }
  }

  function write(day: number, lease: string, before: Lease, after: Lease): void {
    sql.rows(
      'INSERT OR REPLACE INTO lease (day, lease, seq, granted, spent) VALUES (?, ?, ?, ?, ?)',
      ...[day, lease, after.seq, after.granted, after.spent],
    )
    sql.rows(
      `INSERT INTO total (day, granted, spent) VALUES (?, ?, ?)
       ON CONFLICT (day) DO UPDATE SET granted = granted + excluded.granted, spent = spent + excluded.spent`,
      ...[day, after.granted - before.granted, after.spent - before.spent],
    )
  }

  /** How a request stands. */
  function look({ day, lease, seq, granted }: SliceRequest, limit: number, now: number) {
    const before = read(day, lease)
    const all = sums(day)
    const others = all.granted - before.granted
    const mayComeBack = others - (all.spent - before.spent)
    // Past days are read-only: their rows will be deleted, and with them the last number of each lease.
    const isNew = seq > before.seq && day >= dayOf(now)
    return { before, others, mayComeBack, isNew, free: limit - others - granted }
  }

  return {
    isShort(request, limit, now) {
      const { isNew, free, mayComeBack } = look(request, limit, now)
      const missing = request.wanted - request.granted
      return isNew && missing > 0 && missing > free && missing <= free + mayComeBack
    },

    holders: ({ day, lease }, most) =>
      sql
        .rows(
          `SELECT lease FROM lease WHERE day = ? AND lease <> ? AND granted > spent
           ORDER BY granted - spent DESC LIMIT ?`,
          ...[day, lease, most],
        )
        .map((row) => holderOf(String(row.lease)))
        .filter((holder) => holder !== undefined),

    grant(request, limit, now) {
      return sql.transaction(() => {
        const { day, lease, seq, spent, granted, wanted } = request
        const { before, others, mayComeBack, isNew, free } = look(request, limit, now)
        let after = before
        if (isNew) {
          after = { seq, spent, granted: granted + grantOf(request, free, limit) }
          write(day, lease, before, after)
        }
        const answer = { day, lease, seq: after.seq, granted: after.granted, shortage: undefined }
        const missing = wanted - after.granted
        if (seq < after.seq || missing <= 0) return answer

        const left = Math.max(0, limit - others - after.granted)
        const resetsAt = endOfDay(day)
        const wait = Math.max(1, resetsAt - now)
        const retryAfterMs = left + mayComeBack >= missing ? Math.min(CALL_BACK_PAUSE_MS, wait) : wait
        return { ...answer, shortage: { limit, left, resetsAt, retryAfterMs } }
      })
    },

    dueAt() {
      const [row] = sql.rows('SELECT min(day) AS day FROM total')
      return typeof row?.day === 'number' ? endOfDay(row.day) + DAY_GRACE_MS : undefined
    },

    runDueWork(now) {
      sql.transaction(() => {
        const oldest = dayOf(now - DAY_GRACE_MS)
        // Nothing is granted meanwhile, and a day has as many leases as callers.
        sql.rows(
          `DELETE FROM lease WHERE (day, lease) IN (SELECT day, lease FROM lease WHERE day < ? LIMIT ?)`,
          ...[oldest, LEASES_REMOVED_AT_ONCE],
        )
        sql.rows(
          'DELETE FROM total WHERE day < ? AND NOT EXISTS (SELECT 1 FROM lease WHERE lease.day = total.day)',
          oldest,
        )
      })
    },
  }
}

/**
 * What to add to a lease: nothing if it has enough or if too little is free; otherwise what is missing, and
 * as much of what its holder has use for as leaves room for other callers.
 */
function grantOf({ granted, wanted, cap }: SliceRequest, free: number, limit: number): number {
  const missing = wanted - granted
  if (missing <= 0 || missing > free) return 0
  const ample = Math.floor(Math.min(limit / SLICES, free / SLICES_OF_REST))
  return Math.max(missing, Math.min(ample, cap - granted))
}
