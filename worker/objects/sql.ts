/**
 * What an object's logic asks of its database. A Durable Object's storage is one, `node:sqlite` in tests
 * another.
 */

export type SqlValue = string | number | null | ArrayBuffer
export type SqlRow = Record<string, SqlValue>

export interface Sql {
  /** Runs one statement, and reads all its rows. A blob comes as an `ArrayBuffer`. */
  rows(statement: string, ...values: readonly (SqlValue | Uint8Array)[]): SqlRow[]
  /** Does all of `work` or nothing. `work` is synchronous and starts no other transaction. */
  transaction<T>(work: () => T): T
}

/** The part of `DurableObjectStorage` that `sqlOf` needs. */
interface SqlStorageLike {
  sql: { exec(statement: string, ...values: unknown[]): { toArray(): SqlRow[] } }
  transactionSync<T>(work: () => T): T
}

/** The database of a Durable Object, as `Sql`. */
export function sqlOf(storage: SqlStorageLike): Sql {
  return {
    rows: (statement, ...values) => storage.sql.exec(statement, ...values).toArray(),
    transaction: (work) => storage.transactionSync(work),
  }
}
