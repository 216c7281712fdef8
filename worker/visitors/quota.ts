/**
 * So many in any such time: the new sessions of one address. Each limit holds for every window of its length, not only from one full
 * minute to the next; and what is refused is not counted.
 *
 * @example
 *   const quota = createQuota(sql, SESSIONS_PER_ADDRESS)
 *   const excess = quota.take(Date.now()) // undefined: taken
 */
import type { Sql } from '../objects/sql.ts'

export interface QuotaLimit {
  /** For the refusal: `minute`. */
  name: string
  most: number
  ms: number
}

export interface Excess {
  limit: QuotaLimit
  /** When the next one may be taken: milliseconds since the epoch. */
  freeAt: number
}

export interface Quota {
  take(now: number): Excess | undefined
  /** When nothing of it counts any more, and its rows may go; `undefined` where there are none. */
  emptyAt(): number | undefined
}

export function createQuota(sql: Sql, limits: readonly QuotaLimit[]): Quota {
  const longest = Math.max(...limits.map(({ ms }) => ms))
  sql.rows('CREATE TABLE IF NOT EXISTS taken (at INTEGER NOT NULL)')

  /** The limit that is full the longest, if one is. */
  function excess(now: number): Excess | undefined {
    return limits
      .map((limit) => {
        // With `most` in the window, the next is free when the oldest of those leaves it.
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
    take(now) {
      return sql.transaction(() => {
        const full = excess(now)
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
