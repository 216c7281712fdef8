/** Writes a record, and makes room for it within our bounds and within what the store has left. */
import { readHeading } from './record.ts'
import type { Shelf } from './shelf.ts'
import { RECORD_PREFIX } from './storage-names.ts'

/**
 * Limit for all records, of any Worker. A store holds 5 million characters, of which the host page keeps more
 * than half. Two of the longest conversations fit, or fifty of ordinary length.
 */
export const MAX_KEPT_CHARS = 2_000_000

/** Longest list that is still useful. Each save reads all its records. */
export const MAX_CONVERSATIONS = 50

interface Put {
  name: string
  record: string
  /** The name of the record that is never deleted. */
  current: string | undefined
}

export function putRecord(shelf: Shelf, put: Put): void {
  keepBounds(shelf, put)
  // A record that is only in memory was refused before. Retry, but delete nothing for it: each save would
  // delete another.
  const wasRefused = shelf.isMemoryOnly(put.name)
  if (!shelf.set(put.name, put.record) && !wasRefused) makeRoom(shelf, put)
}

/** Deletes the oldest records so that all together stay within the bounds. */
function keepBounds(shelf: Shelf, put: Put): void {
  let room = MAX_KEPT_CHARS - put.record.length
  let count = 1
  for (const { name, record, isCurrent } of others(shelf, put)) {
    room -= record.length
    count++
    if ((room < 0 || count > MAX_CONVERSATIONS) && !isCurrent) shelf.remove(name)
  }
}

/**
 * If the store is full, which may be the host page's doing, deletes oldest records up to the size of the new
 * one.
 */
function makeRoom(shelf: Shelf, put: Put): void {
  const dropped: ReturnType<typeof others> = []
  let freed = 0
  for (const other of others(shelf, put).toReversed()) {
    if (other.isCurrent || shelf.isMemoryOnly(other.name)) continue
    shelf.remove(other.name)
    if (shelf.set(put.name, put.record)) return
    dropped.push(other)
    freed += other.record.length
    if (freed > put.record.length) break
  }
  // Deleting did not help, so the store refuses for another reason: put the records back.
  for (const { name, record } of dropped) shelf.set(name, record)
}

/**
 * All other records, the current one first, then the latest. Unreadable records count as oldest. Those of
 * other Workers are included.
 */
function others(shelf: Shelf, put: Put) {
  return shelf
    .names()
    .filter((name) => name.startsWith(RECORD_PREFIX) && name !== put.name)
    .map((name) => {
      const record = shelf.get(name) ?? ''
      const isCurrent = name === put.current
      const updatedAt = isCurrent ? Number.POSITIVE_INFINITY : (readHeading(record)?.updatedAt ?? 0)
      return { name, record, isCurrent, updatedAt }
    })
    .sort((one, other) => other.updatedAt - one.updatedAt)
}
