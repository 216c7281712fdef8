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

/** Where a response is: with its upstream, or here. */
export type Place = 'upstream' | 'here'

export interface KeptResponses extends Part {
  /** Notes that a response at the upstream belongs to this caller. Times in milliseconds since the epoch. */
  own(id: string, expires: number): void
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
]

/** Whether an earlier start of the object opened this part. */
export const hasResponses = (sql: Sql): boolean => hasTable(sql, 'responses')

/** @param now a clock in milliseconds since the epoch */
export function createKeptResponses(sql: Sql, now: () => number): KeptResponses {
  migrate(sql, 'responses', MIGRATIONS)
  const write = (id: string, expires: number, body: string | null) =>
    sql.rows('INSERT OR REPLACE INTO responses (id, expires, body) VALUES (?, ?, ?)', id, expires, body)
  const rowOf = (id: string) =>
    sql.rows('SELECT body FROM responses WHERE id = ? AND expires > ?', id, now())[0]

  return {
    own: (id, expires) => void write(id, expires, null),
    keep(id, kept, expires) {
      const body = JSON.stringify(kept)
      if (body.length <= MAX_KEPT_RESPONSE_CHARS) write(id, expires, body)
    },
    placeOf(id) {
      const row = rowOf(id)
      return row && (row.body === null ? 'upstream' : 'here')
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
