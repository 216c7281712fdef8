/**
 * What is stored of a caller's streams: which there are, their state, and their events as they go out, packed
 * into rows.
 */

import { MAX_WRITE_BYTES } from '../limits.ts'
import { type Migration, migrate } from '../objects/schema.ts'
import type { Sql, SqlRow } from '../objects/sql.ts'
import { concat } from '../protocol/concat.ts'
import type { EndState } from '../protocol/wire.ts'

/** A stream as it is stored. */
export interface KeptStream {
  /** Its number among the streams of this caller. */
  serial: number
  id: string
  state: 'running' | EndState
  /** The number of its last event; of a running one, of the last that was journalled. */
  last: number
  model: string
  promptTokens: number
  /** `x-request-id` of the request that opened it. */
  requestId: string
  /** Milliseconds since the epoch. */
  started: number
  /** The hash of the request, if it came with an `Idempotency-Key`. */
  requestHash: string | null
}

type NewStream = Omit<KeptStream, 'serial' | 'state' | 'last'> & { idempotencyKey: string | null }

/** Events one after the other, as they go out. */
export interface Part {
  bytes: Uint8Array<ArrayBuffer>
  /** The number of the last one. */
  last: number
}

/** The events of one row. */
export interface Pack extends Part {
  first: number
}

export interface Journal {
  begin(stream: NewStream): KeptStream
  byId(id: string): KeptStream | undefined
  byKey(idempotencyKey: string): KeptStream | undefined
  running(): KeptStream[]
  /** The number of streams, running or ended. */
  readonly kept: number
  write(serial: number, pack: Pack): void
  /**
   * Writes the stream's last events and its end in one transaction.
   * @param expires milliseconds since the epoch
   */
  end(serial: number, packs: readonly Pack[], state: EndState, expires: number): void
  /**
   * The events after number `after`, as many as a write holds; `undefined` if there are none.
   * Also checks the id: serials are reused after deletion.
   */
  read(stream: Pick<KeptStream, 'serial' | 'id'>, after: number): Part | undefined
  /** Deletes the stream and its events. */
  forget(serial: number): void
  /** When the next stream expires: milliseconds since the epoch; `undefined` if none will. */
  dueAt(): number | undefined
  /** Deletes the streams that have expired. */
  expire(now: number): void
}

/**
 * A pack's key is its stream's serial and its last event in one number, so that a row is one write, without
 * an index. There is room for a million events a stream and eight thousand million streams.
 */
const A_SERIAL = 2 ** 20

const MIGRATIONS: readonly Migration[] = [
  [
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
  ],
]

export function createJournal(sql: Sql): Journal {
  migrate(sql, 'streams', MIGRATIONS)
  let kept = Number(sql.rows('SELECT COUNT(*) AS n FROM streams')[0]?.n)

  const select = (where: string, ...values: (string | number)[]) =>
    sql
      .rows(
        `SELECT *, (SELECT MAX(key) FROM packs WHERE key > serial * ${A_SERIAL} AND key < (serial + 1) * ${A_SERIAL}) AS last_key
         FROM streams WHERE ${where}`,
        ...values,
      )
      .map(toStream)

  const write = (serial: number, { first, last, bytes }: Pack) =>
    sql.rows('INSERT INTO packs (key, first, bytes) VALUES (?, ?, ?)', serial * A_SERIAL + last, first, bytes)

  function forget(serials: readonly number[]): void {
    sql.transaction(() => {
      for (const serial of serials) {
        sql.rows('DELETE FROM packs WHERE key > ? AND key < ?', serial * A_SERIAL, (serial + 1) * A_SERIAL)
        sql.rows('DELETE FROM streams WHERE serial = ?', serial)
      }
    })
    kept -= serials.length
  }

  return {
    begin(stream) {
      const [row] = sql.rows(
        `INSERT INTO streams (id, idempotency_key, request_hash, request_id, model, prompt_tokens, started, state)
         VALUES (?, ?, ?, ?, ?, ?, ?, 'running') RETURNING *`,
        stream.id,
        stream.idempotencyKey,
        stream.requestHash,
        stream.requestId,
        stream.model,
        stream.promptTokens,
        stream.started,
      )
      kept++
      return toStream(row ?? {})
    },
    byId: (id) => select('id = ?', id)[0],
    byKey: (key) => select('idempotency_key = ?', key)[0],
    running: () => select("state = 'running'"),
    get kept() {
      return kept
    },
    write,
    end(serial, packs, state, expires) {
      sql.transaction(() => {
        for (const pack of packs) write(serial, pack)
        sql.rows('UPDATE streams SET state = ?, expires = ? WHERE serial = ?', state, expires, serial)
      })
    },
    read({ serial, id }, after) {
      const parts: Uint8Array[] = []
      let size = 0
      let from = after
      while (size < MAX_WRITE_BYTES) {
        const [pack] = sql.rows(
          `SELECT key, first, bytes FROM packs WHERE key > ? AND key < ?
           AND EXISTS (SELECT 1 FROM streams WHERE serial = ? AND id = ?) ORDER BY key LIMIT 1`,
          ...[serial * A_SERIAL + from, (serial + 1) * A_SERIAL, serial, id],
        )
        if (pack === undefined) break
        const bytes = withoutEvents(new Uint8Array(pack.bytes as ArrayBuffer), from - Number(pack.first) + 1)
        parts.push(bytes)
        size += bytes.length
        from = Number(pack.key) - serial * A_SERIAL
      }
      return parts.length === 0 ? undefined : { bytes: concat(parts), last: from }
    },
    forget: (serial) => forget([serial]),
    dueAt() {
      const next = sql.rows('SELECT MIN(expires) AS next FROM streams')[0]?.next
      return next == null ? undefined : Number(next)
    },
    expire(now) {
      const expired = sql.rows('SELECT serial FROM streams WHERE expires <= ?', now)
      forget(expired.map(({ serial }) => Number(serial)))
    },
  }
}

function toStream(row: SqlRow): KeptStream {
  const serial = Number(row.serial)
  return {
    serial,
    id: String(row.id),
    state: row.state as KeptStream['state'],
    last: row.last_key == null ? 0 : Number(row.last_key) - serial * A_SERIAL,
    model: String(row.model),
    promptTokens: Number(row.prompt_tokens),
    requestId: String(row.request_id),
    started: Number(row.started),
    requestHash: row.request_hash as string | null,
  }
}

const LF = 0x0a

/**
 * Leaves out the first `count` events. In the journal two line feeds end an event, and stand nowhere else.
 */
function withoutEvents(bytes: Uint8Array, count: number): Uint8Array {
  let at = 0
  for (let left = count; left > 0; left--) {
    while (bytes[at] !== LF || bytes[at + 1] !== LF) at++
    at += 2
  }
  return bytes.subarray(at)
}
