/** What the logic of the caller's object asks of a database. A Durable Object's storage is one, `node:sqlite` another. */

export type SqlValue = string | number | null | ArrayBuffer
export type SqlRow = Record<string, SqlValue>

export interface Sql {
  /** Runs one statement, and reads all its rows. A blob comes as an `ArrayBuffer`. */
  rows(statement: string, ...values: readonly (SqlValue | Uint8Array)[]): SqlRow[]
  /** All of `work`, or nothing of it. Synchronous, and not to be nested. */
  transaction<T>(work: () => T): T
}
