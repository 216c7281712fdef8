/**
 * The deployment's tokens for the day, handed out to callers in slices, so that a question asks here only when its
 * caller's slice is used up. The logic of one object for all; slice.ts is the other half, and says why no message that
 * is lost, late or repeated can pass the total or leak a token for longer than the day. A slice whose holder is never
 * heard of again counts as spent until then.
 */
import { DAY_GRACE_MS, SLICE_IDLE_MS, SLICES, SLICES_OF_REST } from '../limits.ts'
import type { Sql } from '../objects/sql.ts'
import { dayOf, endOfDay } from './day.ts'
import type { SliceAnswer, SliceRequest } from './slice.ts'

export interface Total {
  /** @param limit the tokens of the whole deployment in a UTC day */
  allot(request: SliceRequest, limit: number, now: number): SliceAnswer
  /** @returns what callers hold today, spent or not, and what is left to hand out */
  standing(limit: number, now: number): { held: number; left: number; limit: number; resetsAt: number }
  /** When `tend` has something to do; `undefined`: nothing is stored. */
  dueAt(): number | undefined
  /** Removes the days that are over. */
  tend(now: number): void
}

interface Lease {
  term: number
  held: number
  kept: number
}

export function createTotal(sql: Sql): Total {
  // The day's sums are kept beside the leases: a day has as many leases as callers.
  sql.rows(
    'CREATE TABLE IF NOT EXISTS total (day INTEGER PRIMARY KEY, held INTEGER NOT NULL, kept INTEGER NOT NULL)',
  )
  sql.rows(
    `CREATE TABLE IF NOT EXISTS lease (
      day INTEGER NOT NULL, lease TEXT NOT NULL, term INTEGER NOT NULL, held INTEGER NOT NULL, kept INTEGER NOT NULL,
      PRIMARY KEY (day, lease)
    ) WITHOUT ROWID`,
  )

  function sums(day: number): { held: number; kept: number } {
    const [row] = sql.rows('SELECT held, kept FROM total WHERE day = ?', day)
    return { held: Number(row?.held ?? 0), kept: Number(row?.kept ?? 0) }
  }

  function read(day: number, lease: string): Lease {
    const [row] = sql.rows('SELECT term, held, kept FROM lease WHERE day = ? AND lease = ?', day, lease)
    return { term: Number(row?.term ?? 0), held: Number(row?.held ?? 0), kept: Number(row?.kept ?? 0) }
  }

  function write(day: number, lease: string, before: Lease, after: Lease): void {
    sql.rows(
      'INSERT OR REPLACE INTO lease (day, lease, term, held, kept) VALUES (?, ?, ?, ?, ?)',
      ...[day, lease, after.term, after.held, after.kept],
    )
    sql.rows(
      `INSERT INTO total (day, held, kept) VALUES (?, ?, ?)
       ON CONFLICT (day) DO UPDATE SET held = held + excluded.held, kept = kept + excluded.kept`,
      ...[day, after.held - before.held, after.kept - before.kept],
    )
  }

  return {
    allot(request, limit, now) {
      return sql.transaction(() => {
        const { day, lease, term, kept, need } = request
        const before = read(day, lease)
        const others = minus(sums(day), before)
        const current = term >= before.term
        let after = before
        // A day that is over is closed: its rows go, and with them the proof of what was handed out.
        if (current && day >= dayOf(now)) {
          if (term > before.term) after = { term, held: kept, kept }
          const free = limit - others.held - after.held
          after = { ...after, held: after.held + sliceFor(request, after.held, free, limit) }
          if (after.term !== before.term || after.held !== before.held) write(day, lease, before, after)
        }
        const answer = { day, lease, term: after.term, held: after.held, shortage: undefined }
        const missing = need - after.held
        if (!current || missing <= 0) return answer

        const left = Math.max(0, limit - others.held - after.held)
        const resetsAt = endOfDay(day)
        const wait = Math.max(1, resetsAt - now)
        // What the others hold beyond what they had spent when they last said so is the most that may come back.
        const mayDo = left + others.held - others.kept >= missing
        const retryAfterMs = mayDo ? Math.min(SLICE_IDLE_MS, wait) : wait
        return { ...answer, shortage: { limit, left, resetsAt, retryAfterMs } }
      })
    },

    standing(limit, now) {
      const { held } = sums(dayOf(now))
      return { held, left: Math.max(0, limit - held), limit, resetsAt: endOfDay(dayOf(now)) }
    },

    dueAt() {
      const [row] = sql.rows('SELECT min(day) AS day FROM total')
      return typeof row?.day === 'number' ? endOfDay(row.day) + DAY_GRACE_MS : undefined
    },

    tend(now) {
      sql.transaction(() => {
        const oldest = dayOf(now - DAY_GRACE_MS)
        sql.rows('DELETE FROM lease WHERE day < ?', oldest)
        sql.rows('DELETE FROM total WHERE day < ?', oldest)
      })
    },
  }
}

const minus = (all: { held: number; kept: number }, one: Lease) => ({
  held: all.held - one.held,
  kept: all.kept - one.kept,
})

/**
 * What to add to a lease: nothing where it has enough, or where all that is free isn't; else what is missing, and as much
 * more as spares its holder the next questions here.
 */
function sliceFor({ need, most }: SliceRequest, held: number, free: number, limit: number): number {
  const missing = need - held
  if (missing <= 0 || missing > free) return 0
  const ample = Math.floor(Math.min(limit / SLICES, free / SLICES_OF_REST))
  return Math.max(missing, Math.min(ample, (most ?? Infinity) - held))
}
