/**
 * Which responses belong to this caller, and what is kept of those that Millrace answers for itself: the
 * response, and the items of its conversation, so that the next question can go on from it. A part of an
 * object.
 */
import { MAX_KEPT_RESPONSE_CHARS } from '../limits.ts'
import type { Part } from '../objects/part.ts'
import { hasTable, type Migration, migrate } from '../objects/schema.ts'
import type { Sql } from '../objects/sql.ts'

/** A response as its caller was shown it, and the conversation up to it. */
export interface KeptResponse {
  response: unknown
  /** The question's items, without the owner's own. */
  input: readonly unknown[]
  /** The answer's items, as the upstream takes them back. */
  output: readonly unknown[]
}

/** An upstream has it: the one of this name or, without one, the only one. */
export interface AtUpstream {
  upstream: string | undefined
}

/** Where a response is: with its upstream, or here. */
export type Place = AtUpstream | 'here'

export interface KeptResponses extends Part {
  /** Notes that a response at an upstream belongs to this caller. Times in milliseconds since the epoch. */
  own(id: string, expires: number, upstream: string | undefined): void
  keep(id: string, kept: KeptResponse, expires: number): void
  placeOf(id: string): Place | undefined
  /** @returns `undefined` if the response isn't kept here, or was too long to be kept */
  read(id: string): KeptResponse | undefined
  forget(id: string): void
}

const MIGRATIONS: readonly Migration[] = [
  [
    'CREATE TABLE responses (id TEXT PRIMARY KEY, expires INTEGER NOT NULL, body TEXT) WITHOUT ROWID',
    'CREATE INDEX responses_by_expiry ON responses (expires)',
  ],
  // By name, where there are several.
  ['ALTER TABLE responses ADD COLUMN upstream TEXT'],
]

/** Whether an earlier start of the object opened this part. */
export const hasResponses = (sql: Sql): boolean => hasTable(sql, 'responses')

/** @param now a clock in milliseconds since the epoch */
export function createKeptResponses(sql: Sql, now: () => number): KeptResponses {
  migrate(sql, 'responses', MIGRATIONS)
  const write = (...row: [id: string, expires: number, body: string | null, upstream: string | null]) =>
    sql.rows('INSERT OR REPLACE INTO responses (id, expires, body, upstream) VALUES (?, ?, ?, ?)', ...row)
  const rowOf = (id: string) =>
    sql.rows('SELECT body, upstream FROM responses WHERE id = ? AND expires > ?', id, now())[0]

  return {
    own: (id, expires, upstream) => void write(id, expires, null, upstream ?? null),
    keep(id, kept, expires) {
      const body = JSON.stringify(kept)
      if (body.length <= MAX_KEPT_RESPONSE_CHARS) write(id, expires, body, null)
    },
    placeOf(id) {
      const row = rowOf(id)
      if (row === undefined || row.body !== null) return row && 'here'
      return { upstream: typeof row.upstream === 'string' ? row.upstream : undefined }
    },
    read(id) {
      const body = rowOf(id)?.body
      return typeof body === 'string' ? (JSON.parse(body) as KeptResponse) : undefined
    },
    forget: (id) => void sql.rows('DELETE FROM responses WHERE id = ?', id),
    dueAt() {
      const next = sql.rows('SELECT MIN(expires) AS next FROM responses')[0]?.next
      return next == null ? undefined : Number(next)
    },
    runDueWork: () => void sql.rows('DELETE FROM responses WHERE expires <= ?', now()),
  }
}
