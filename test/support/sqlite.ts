/** A database in memory, as `Sql`: what the logic of the caller's object runs on where there is no object. */
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Sql, SqlRow, SqlValue } from '../../worker/caller/sql.ts'

export interface Sqlite extends Sql {
  /** Asked before each statement whether it is to fail; `undefined`: none is. */
  fails: ((statement: string) => boolean) | undefined
  /** The statements that were run, in their order. */
  readonly statements: string[]
}

/**
 * @example
 *   const sql = openSqlite()
 *   sql.fails = failAt(/^UPDATE/) // a disk that is full, and worse: half-way through a transaction
 */
export function openSqlite(): Sqlite {
  const database = new DatabaseSync(':memory:')
  const statements: string[] = []
  const prepared = new Map<string, StatementSync>()
  function prepare(statement: string): StatementSync {
    const known = prepared.get(statement) ?? database.prepare(statement)
    prepared.set(statement, known)
    return known
  }
  const sql: Sqlite = {
    fails: undefined,
    statements,
    rows(statement, ...values) {
      statements.push(statement)
      if (sql.fails?.(statement)) throw new Error('disk I/O error')
      const bound = values.map((value) => (value instanceof ArrayBuffer ? new Uint8Array(value) : value))
      return prepare(statement)
        .all(...bound)
        .map(toRow)
    },
    transaction(work) {
      database.exec('BEGIN')
      try {
        const result = work()
        database.exec('COMMIT')
        return result
      } catch (error) {
        database.exec('ROLLBACK')
        throw error
      }
    },
  }
  return sql
}

/** @param nth of the statements like this is the first to fail */
export function failAt(like: RegExp, nth = 1): (statement: string) => boolean {
  let seen = 0
  return (statement) => like.test(statement) && ++seen >= nth
}

/** Blobs as a Durable Object's storage gives them. */
function toRow(row: Record<string, unknown>): SqlRow {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? (value.slice().buffer as ArrayBuffer) : (value as SqlValue),
    ]),
  )
}
