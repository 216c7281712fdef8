/**
 * The tables of all objects as they were before versions were kept, and what stands in them in mid-answer: a
 * frozen copy. Objects with these tables live on in deployments, so nothing here is ever brought up to date.
 */
import { dayOf } from '../../worker/budget/day.ts'
import type { Sql } from '../../worker/objects/sql.ts'
import { toBytes } from '../../worker/protocol/encode.ts'
import { delta, numbered, role } from '../support/sse.ts'

const CALLER = [
  `CREATE TABLE IF NOT EXISTS streams (
    serial INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    idempotency_key TEXT UNIQUE,
    request_hash TEXT,
    request_id TEXT NOT NULL,
    model TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    started INTEGER NOT NULL,
    state TEXT NOT NULL,
    expires INTEGER
  )`,
  `CREATE TABLE IF NOT EXISTS packs (
    key INTEGER PRIMARY KEY,
    first INTEGER NOT NULL,
    bytes BLOB NOT NULL
  )`,
  'CREATE TABLE IF NOT EXISTS spending (day INTEGER PRIMARY KEY, used INTEGER NOT NULL, touched INTEGER NOT NULL)',
  `CREATE TABLE IF NOT EXISTS reservation (
    id TEXT PRIMARY KEY, day INTEGER NOT NULL, prompt INTEGER NOT NULL, output INTEGER NOT NULL,
    known INTEGER NOT NULL, expires INTEGER NOT NULL, charged INTEGER
  ) WITHOUT ROWID`,
  `CREATE TABLE IF NOT EXISTS slice (
    day INTEGER PRIMARY KEY, lease TEXT NOT NULL, term INTEGER NOT NULL, kept INTEGER NOT NULL, held INTEGER NOT NULL,
    asked INTEGER NOT NULL, confirmed INTEGER NOT NULL, at INTEGER NOT NULL
  )`,
]

const DEPLOYMENT = [
  'CREATE TABLE IF NOT EXISTS total (day INTEGER PRIMARY KEY, held INTEGER NOT NULL, kept INTEGER NOT NULL)',
  `CREATE TABLE IF NOT EXISTS lease (
    day INTEGER NOT NULL, lease TEXT NOT NULL, term INTEGER NOT NULL, held INTEGER NOT NULL, kept INTEGER NOT NULL,
    PRIMARY KEY (day, lease)
  ) WITHOUT ROWID`,
]

const ADDRESS = ['CREATE TABLE IF NOT EXISTS taken (at INTEGER NOT NULL)']

export const RUNNING = 'str_0123456789abcdefghijkl'
/** Prompt, and the most that the answer may have. */
export const RESERVED = { id: 'req_running', prompt: 20, output: 480 }
/** Used before, by calls that have ended. */
export const USED = 100
/** The total has put down more to the lease than its holder knows: the answer that granted it was lost. */
export const HELD = { known: 1000, granted: 1500, others: 600 }

/** The events that were journalled, as a reader gets them. */
export const EVENTS = [role(), ...numbered(20).map(delta)].map((event, index) => `id: ${index + 1}\n${event}`)

/**
 * A caller's object in mid-answer: an open stream, its reservation, and a slice of the deployment's total.
 */
export function makeCaller(sql: Sql, now: number): void {
  for (const statement of CALLER) sql.rows(statement)
  sql.rows(
    `INSERT INTO streams (id, request_id, model, prompt_tokens, started, state) VALUES (?, ?, 'millrace-demo', ?, ?, 'running')`,
    ...[RUNNING, RESERVED.id, RESERVED.prompt, now],
  )
  const serial = 2 ** 20
  for (const [first, last] of [
    [1, 16],
    [17, 21],
  ] as const) {
    const bytes = toBytes(EVENTS.slice(first - 1, last).join(''))
    sql.rows('INSERT INTO packs (key, first, bytes) VALUES (?, ?, ?)', serial + last, first, bytes)
  }
  sql.rows('INSERT INTO spending (day, used, touched) VALUES (?, ?, ?)', dayOf(now), USED, now)
  sql.rows(
    'INSERT INTO reservation (id, day, prompt, output, known, expires) VALUES (?, ?, ?, ?, 0, ?)',
    ...[RESERVED.id, dayOf(now), RESERVED.prompt, RESERVED.output, now + 660_000],
  )
  sql.rows(
    `INSERT INTO slice (day, lease, term, kept, held, asked, confirmed, at) VALUES (?, 'a lease', 3, 0, ?, 1, 1, ?)`,
    ...[dayOf(now), HELD.known, now],
  )
}

/** The deployment's object, of which that caller holds a slice, and others too. */
export function makeDeployment(sql: Sql, now: number): void {
  for (const statement of DEPLOYMENT) sql.rows(statement)
  const day = dayOf(now)
  sql.rows("INSERT INTO lease VALUES (?, 'a lease', 3, ?, 0)", day, HELD.granted)
  sql.rows("INSERT INTO lease VALUES (?, 'others', 0, ?, 0)", day, HELD.others)
  sql.rows('INSERT INTO total VALUES (?, ?, 0)', day, HELD.granted + HELD.others)
}

/** The object of an address that has had so many sessions. */
export function makeAddress(sql: Sql, times: readonly number[]): void {
  for (const statement of ADDRESS) sql.rows(statement)
  for (const at of times) sql.rows('INSERT INTO taken (at) VALUES (?)', at)
}
