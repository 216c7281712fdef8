/**
 * What is stored of a caller's streams: which there are, their state, and their events as they go out, packed
 * into rows. Rows written are what is paid for, so the events that fill no row yet stand in the stream's own
 * row: an answer of a few seconds is one row, and ending it writes no other.
 */

import { MAX_WRITE_BYTES } from '../limits.ts'
import { type Migration, migrate } from '../objects/schema.ts'
import type { Sql, SqlRow } from '../objects/sql.ts'
import { concat } from '../protocol/concat.ts'
import type { EndState } from '../protocol/wire.ts'
import { formatOf, isStreamId, readStreamId } from './stream-id.ts'

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

type NewStream = Omit<KeptStream, 'state' | 'last'> & { idempotencyKey: string | null }

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

export interface Ending {
  /** The last packs that are full, and the one that isn't. */
  full: readonly Pack[]
  open?: Pack | undefined
  state: EndState
  /** Milliseconds since the epoch. */
  expires: number
}

export interface Journal {
  /** The serial of the next stream: its id has it. */
  takeSerial(): number
  begin(stream: NewStream): KeptStream
  byId(id: string): KeptStream | undefined
  byKey(idempotencyKey: string): KeptStream | undefined
  running(): KeptStream[]
  /** The number of streams, running or ended. */
  readonly kept: number
  /** Writes a full pack. */
  write(serial: number, pack: Pack): void
  /** Writes the pack that is not full yet. It begins where the last full one ended, and replaces itself. */
  writeOpen(serial: number, pack: Pack): void
  /** Writes the stream's last events and its end in one transaction. */
  end(serial: number, ending: Ending): void
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

const PACKS = `CREATE TABLE IF NOT EXISTS packs (
    key INTEGER PRIMARY KEY,
    first INTEGER NOT NULL,
    bytes BLOB NOT NULL
  )`

/** `first`, `last` and `bytes` are the pack that is not full. */
const STREAMS_2 = `CREATE TABLE streams (
    serial INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    idempotency_key TEXT,
    request_hash TEXT,
    request_id TEXT NOT NULL,
    model TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    started INTEGER NOT NULL,
    state TEXT NOT NULL,
    expires INTEGER,
    first INTEGER NOT NULL DEFAULT 0,
    last INTEGER NOT NULL DEFAULT 0,
    bytes BLOB
  )`

/** Each entry of an index is a row written. */
const STREAMS_BY_KEY =
  'CREATE UNIQUE INDEX streams_by_key ON streams (idempotency_key) WHERE idempotency_key IS NOT NULL'

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
    PACKS,
  ],
  [
    'ALTER TABLE streams RENAME TO streams_1',
    STREAMS_2,
    'INSERT INTO streams SELECT *, 0, 0, NULL FROM streams_1',
    'DROP TABLE streams_1',
    STREAMS_BY_KEY,
  ],
]

/** A stream without its events. */
const COLUMNS = 'serial, id, request_hash, request_id, model, prompt_tokens, started, state, last'
/** The packs of a row of `streams`. */
const ITS_PACKS = `key > serial * ${A_SERIAL} AND key < (serial + 1) * ${A_SERIAL}`

export function createJournal(sql: Sql): Journal {
  migrate(sql, 'streams', MIGRATIONS, { table: 'streams', statements: [PACKS, STREAMS_2, STREAMS_BY_KEY] })
  const number = (expression: string) => {
    const n = sql.rows(`SELECT ${expression} AS n FROM streams`)[0]?.n
    return n == null ? undefined : Number(n)
  }
  let kept = number('COUNT(*)') ?? 0
  let serials = number('MAX(serial)') ?? 0
  // Known here: looking for it at each change would read all streams.
  let due = number('MIN(expires)')

  const select = (where: string, ...values: (string | number)[]) =>
    sql
      .rows(
        `SELECT ${COLUMNS}, (SELECT MAX(key) FROM packs WHERE ${ITS_PACKS}) AS last_key
         FROM streams WHERE ${where}`,
        ...values,
      )
      .map(toStream)

  const write = (serial: number, { first, last, bytes }: Pack) =>
    sql.rows('INSERT INTO packs (key, first, bytes) VALUES (?, ?, ?)', serial * A_SERIAL + last, first, bytes)

  /** @param which a condition on `streams` with one value */
  function remove(which: string, value: number): void {
    const removed = sql.transaction(() => {
      sql.rows(
        `DELETE FROM packs WHERE key IN (SELECT key FROM streams JOIN packs ON ${ITS_PACKS} WHERE ${which})`,
        value,
      )
      return sql.rows(`DELETE FROM streams WHERE ${which} RETURNING expires`, value)
    })
    kept -= removed.length
    if (removed.some(({ expires }) => expires !== null)) due = number('MIN(expires)')
  }

  return {
    takeSerial: () => ++serials,
    begin({ idempotencyKey, ...stream }) {
      sql.rows(
        `INSERT INTO streams (serial, id, idempotency_key, request_hash, request_id, model, prompt_tokens, started, state)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'running')`,
        stream.serial,
        stream.id,
        idempotencyKey,
        stream.requestHash,
        stream.requestId,
        stream.model,
        stream.promptTokens,
        stream.started,
      )
      kept++
      return { ...stream, state: 'running', last: 0 }
    },
    byId(id) {
      const serial = readStreamId(id)?.serial
      if (serial !== undefined) return select('serial = ? AND id = ?', serial, id)[0]
      // Ids of earlier releases have no serial, and no index any more: there are few of them, and soon none.
      return isStreamId(id, formatOf(id)) ? select('id = ?', id)[0] : undefined
    },
    byKey: (key) => select('idempotency_key = ?', key)[0],
    running: () => select("state = 'running'"),
    get kept() {
      return kept
    },
    write,
    writeOpen(serial, { first, last, bytes }) {
      sql.rows(
        'UPDATE streams SET first = ?, last = ?, bytes = ? WHERE serial = ?',
        ...[first, last, bytes, serial],
      )
    },
    end(serial, { full, open, state, expires }) {
      sql.transaction(() => {
        for (const pack of full) write(serial, pack)
        const { first, last, bytes } = open ?? { first: null, last: null, bytes: null }
        sql.rows(
          `UPDATE streams SET state = ?, expires = ?, first = COALESCE(?, first), last = COALESCE(?, last),
           bytes = COALESCE(?, bytes) WHERE serial = ?`,
          ...[state, expires, first, last, bytes, serial],
        )
      })
      due = Math.min(due ?? expires, expires)
    },
    read({ serial, id }, after) {
      const parts: Uint8Array[] = []
      let size = 0
      let from = after
      while (size < MAX_WRITE_BYTES) {
        // The next event is in the row that ends first. What a full pack has of the open one is the same.
        const [pack] = sql.rows(
          `SELECT * FROM (
             SELECT key - serial * ${A_SERIAL} AS last, packs.first, packs.bytes FROM streams JOIN packs
             ON key > serial * ${A_SERIAL} + ?3 AND key < (serial + 1) * ${A_SERIAL}
             WHERE serial = ?1 AND id = ?2 ORDER BY key LIMIT 1
           ) UNION ALL SELECT last, first, bytes FROM streams WHERE serial = ?1 AND id = ?2 AND last > ?3
           ORDER BY last LIMIT 1`,
          ...[serial, id, from],
        )
        if (pack === undefined) break
        const bytes = withoutEvents(new Uint8Array(pack.bytes as ArrayBuffer), from - Number(pack.first) + 1)
        parts.push(bytes)
        size += bytes.length
        from = Number(pack.last)
      }
      return parts.length === 0 ? undefined : { bytes: concat(parts), last: from }
    },
    forget: (serial) => remove('serial = ?', serial),
    dueAt: () => due,
    expire: (now) => remove('expires <= ?', now),
  }
}

function toStream(row: SqlRow): KeptStream {
  const serial = Number(row.serial)
  const inPacks = row.last_key == null ? 0 : Number(row.last_key) - serial * A_SERIAL
  return {
    serial,
    id: String(row.id),
    state: row.state as KeptStream['state'],
    last: Math.max(inPacks, Number(row.last)),
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
