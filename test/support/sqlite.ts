/** An object's database in `node:sqlite`, to test its logic without the object. */
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Sql, SqlRow, SqlValue } from '../../worker/objects/sql.ts'

export interface Database extends Sql {
  /**
   * Makes the n-th statement from now on fail, as if the object had been killed there. An open transaction
   * is rolled back.
   */
  dieAt(statement: number): void
  /**
   * @returns whether the object was killed. The database keeps what was committed, and no statement fails
   *   any more
   */
  revive(): boolean
  /** Called before each statement: whether it fails. `undefined`: none does. */
  fails: ((statement: string) => boolean) | undefined
  /** The executed statements, in order. */
  readonly statements: string[]
  /** Empties every table except that of the versions. Faster than creating a new database. */
  clear(): void
}

class Died extends Error {}

/**
 * @example
 *   const sql = openDatabase()
 *   sql.fails = failAt(/^UPDATE/) // a full disk, perhaps half-way through a transaction
 */
export function openDatabase(): Database {
  const database = new DatabaseSync(':memory:')
  const prepared = new Map<string, StatementSync>()
  const statements: string[] = []
  let untilDeath = Infinity

  function prepare(text: string): StatementSync {
    const known = prepared.get(text)
    if (known !== undefined) return known
    const made = database.prepare(text)
    prepared.set(text, made)
    return made
  }

  const sql: Database = {
    fails: undefined,
    statements,
    rows(text, ...values) {
      statements.push(text)
      if (sql.fails?.(text)) throw new Error('disk I/O error')
      untilDeath--
      if (untilDeath < 0) throw new Died()
      const inputs = values.map((value) => (value instanceof ArrayBuffer ? new Uint8Array(value) : value))
      return prepare(text)
        .all(...inputs)
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
    dieAt(statement) {
      untilDeath = statement
    },
    revive() {
      const dead = untilDeath < 0
      untilDeath = Infinity
      return dead
    },
    clear() {
      statements.length = 0
      for (const { name } of prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'schema'",
      ).all()) {
        prepare(`DELETE FROM ${name}`).run()
      }
    },
  }
  return sql
}

/** @param nth which of the matching statements is the first to fail */
export function failAt(like: RegExp, nth = 1): (statement: string) => boolean {
  let seen = 0
  return (statement) => like.test(statement) && ++seen >= nth
}

function toRow(row: Record<string, unknown>): SqlRow {
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, toValue(value)]))
}

function toValue(value: unknown): SqlValue {
  if (value instanceof Uint8Array) return value.slice().buffer
  if (value === null || typeof value === 'number' || typeof value === 'string') return value
  throw new TypeError(`A ${typeof value} comes from no object's database.`)
}
