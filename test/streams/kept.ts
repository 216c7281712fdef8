/** What tests of the journal and of what stands on it have in common. */

import { MAX_PACK_BYTES } from '../../worker/limits.ts'
import { toBytes } from '../../worker/protocol/encode.ts'
import { createJournal, type Journal, type Part } from '../../worker/streams/journal.ts'
import { type Database, openDatabase } from '../support/sqlite.ts'
import { testStreamId } from './test-ids.ts'

/** So many events with these data fill a row. */
export const ROW = 8
export const dataAt = (number: number): string =>
  `{"token":"t${number} 🎉","padding":"${'x'.repeat(MAX_PACK_BYTES / ROW)}"}`

export interface Kept {
  sql: Database
  journal: Journal
}

export function openJournal(): Kept {
  const sql = openDatabase()
  return { sql, journal: createJournal(sql) }
}

let streams = 0

/** A stream as it begins. Each has a serial and an id of its own. */
export function newStream({ serial = ++streams, ...fields }: Partial<Parameters<Journal['begin']>[0]> = {}) {
  return {
    serial,
    id: testStreamId('chat-completions', serial),
    idempotencyKey: null,
    requestHash: null,
    requestId: 'req_1',
    model: 'gpt-test',
    promptTokens: 7,
    started: 1000,
    ...fields,
  }
}

/** All that there is to read after number `after`, part by part. */
export function readAll({ read }: { read(after: number): Part | undefined }, after = 0): string {
  const parts: Uint8Array[] = []
  for (let part = read(after); part !== undefined; part = read(part.last)) parts.push(part.bytes)
  return textOf(parts)
}

export const textOf = (parts: readonly Uint8Array[]): string => Buffer.concat(parts).toString()

/** Events, one after the other, as a row has them. */
export const toPack = (first: number, events: readonly string[]) => ({
  first,
  last: first + events.length - 1,
  bytes: toBytes(events.join('')),
})

/** How often this table was written to. */
export const rowsIn = (sql: Database, table: 'packs' | 'streams'): number =>
  Number(sql.rows(`SELECT COUNT(*) AS n FROM ${table}`)[0]?.n)
