/**
 * Versions of an object's tables. Objects outlive releases, so each part of an object brings its own tables
 * up to date when it is opened. Entry `n` of the list of migrations leads from version `n` to version `n +
 * 1`; released entries are never edited.
 *
 * Version 1 is the schema from before versions were kept. Its statements say `IF NOT EXISTS`: in an object
 * that has those tables and no version they change nothing, and only the version is noted.
 *
 * @example
 *   migrate(sql, 'quota', [['CREATE TABLE IF NOT EXISTS taken (at INTEGER NOT NULL)']])
 */
import type { Sql } from './sql.ts'

/** The statements that lead from one version to the next. */
export type Migration = readonly string[]

/** The newest tables of a part, to make them at once: each version on the way would write rows. */
export interface Newest {
  /** One of the part's tables, in each version. */
  table: string
  statements: Migration
}

/**
 * Writes nothing once the tables are up to date. Otherwise all that is missing runs in one transaction, so
 * that an object that is evicted in between starts again from the version before.
 *
 * @param newest for a part with several versions
 */
export function migrate(sql: Sql, part: string, migrations: readonly Migration[], newest?: Newest): void {
  sql.rows(
    'CREATE TABLE IF NOT EXISTS schema (part TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID',
  )
  const [row] = sql.rows('SELECT version FROM schema WHERE part = ?', part)
  const version = Number(row?.version ?? 0)
  const latest = migrations.length
  if (version === latest) return
  if (version > latest)
    throw new Error(`The tables of ${part} are of a later release: ${version} > ${latest}.`)
  const isNew = newest !== undefined && version === 0 && !hasTable(sql, newest.table)
  sql.transaction(() => {
    for (const statement of isNew ? newest.statements : migrations.slice(version).flat()) sql.rows(statement)
    sql.rows('INSERT OR REPLACE INTO schema (part, version) VALUES (?, ?)', part, latest)
  })
}

/** Whether an earlier start of the object made this table. */
export function hasTable(sql: Sql, name: string): boolean {
  return sql.rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", name).length > 0
}
