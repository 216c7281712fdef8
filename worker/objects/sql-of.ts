import type { Sql } from './sql.ts'

/** The database of a Durable Object, as `Sql`. */
export function sqlOf(storage: DurableObjectStorage): Sql {
  return {
    rows: (statement, ...values) => storage.sql.exec(statement, ...values).toArray(),
    transaction: (work) => storage.transactionSync(work),
  }
}
