/**
 * Limits the new sessions of one address. Each limit holds for every window of its length, not only for full
 * minutes or days. Refused sessions are not counted.
 *
 * @example
 *   const quota = createQuota(sql, SESSIONS_PER_ADDRESS)
 *   const exceeded = quota.countSession(Date.now()) // undefined: counted
 */
import { type Migration, migrate } from '../objects/schema.ts'
import type { Sql } from '../objects/sql.ts'

export interface QuotaLimit {
  /** The limit's name, for the refusal: `minute`. */
  name: string
  most: number
  ms: number
}

export interface QuotaExceeded {
  limit: QuotaLimit
  /** When the next session may be counted: milliseconds since the epoch. */
  freeAt: number
}

export interface Quota {
  countSession(now: number): QuotaExceeded | undefined
  /** When the last row stops counting and all rows can be deleted; `undefined` if there are none. */
  emptyAt(): number | undefined
}

const MIGRATIONS: readonly Migration[] = [['CREATE TABLE IF NOT EXISTS taken (at INTEGER NOT NULL)']]

export function createQuota(sql: Sql, limits: readonly QuotaLimit[]): Quota {
  migrate(sql, 'quota', MIGRATIONS)
  const longest = Math.max(...limits.map(({ ms }) => ms))

  /** The exceeded limit that stays exceeded the longest, if any. */
  function exceeded(now: number): QuotaExceeded | undefined {
    return limits
      .map((limit) => {
        // With `most` sessions in the window, the next is allowed when the oldest of them leaves it.
        const [oldest] = sql.rows(
          'SELECT at FROM taken WHERE at > ? ORDER BY at DESC LIMIT 1 OFFSET ?',
          now - limit.ms,
          limit.most - 1,
        )
        return oldest && { limit, freeAt: Number(oldest.at) + limit.ms }
      })
      .filter((full) => full !== undefined)
      .sort((a, b) => b.freeAt - a.freeAt)[0]
  }

  return {
    countSession(now) {
      return sql.transaction(() => {
        const full = exceeded(now)
        if (full !== undefined) return full
        sql.rows('DELETE FROM taken WHERE at <= ?', now - longest)
        sql.rows('INSERT INTO taken (at) VALUES (?)', now)
        return undefined
      })
    },
    emptyAt() {
      const [row] = sql.rows('SELECT MAX(at) AS last FROM taken')
      return row?.last == null ? undefined : Number(row.last) + longest
    },
  }
}
