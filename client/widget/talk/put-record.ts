/** Writes a record, and makes the room for it: within the bounds that are set here, and within what the store has left. */
import { RECORDS } from './place.ts'
import { readHeading } from './record.ts'
import type { Shelf } from './shelf.ts'

/**
 * Of all that is kept, whatever Workers it came from. A store has room for 5 million characters: the greater half of it is
 * the host page's. Two of the longest conversations, or fifty of ordinary length.
 */
export const MAX_KEPT_CHARS = 2_000_000

/** Nobody looks through a longer list; and each of them is looked at whenever one is saved. */
export const MAX_CONVERSATIONS = 50

interface Put {
  name: string
  record: string
  /** The name of the record that is never dropped. */
  current: string | undefined
}

export function putRecord(shelf: Shelf, put: Put): void {
  keepBounds(shelf, put)
  // Once it has been refused, it is tried again, but at nobody's cost: it would cost one more with every second.
  const patient = shelf.isLoose(put.name)
  if (!shelf.set(put.name, put.record) && !patient) makeRoom(shelf, put)
}

/** Drops the oldest, so that all together stays within the bounds. */
function keepBounds(shelf: Shelf, put: Put): void {
  let room = MAX_KEPT_CHARS - put.record.length
  let count = 1
  for (const { name, record, isCurrent } of others(shelf, put)) {
    room -= record.length
    count++
    if ((room < 0 || count > MAX_CONVERSATIONS) && !isCurrent) shelf.remove(name)
  }
}

/** Where the store is full, which may be the host page's doing, the oldest give way to as much as is to be written. */
function makeRoom(shelf: Shelf, put: Put): void {
  const dropped: ReturnType<typeof others> = []
  let freed = 0
  for (const other of others(shelf, put).toReversed()) {
    if (other.isCurrent || shelf.isLoose(other.name)) continue
    shelf.remove(other.name)
    if (shelf.set(put.name, put.record)) return
    dropped.push(other)
    freed += other.record.length
    if (freed > put.record.length) break
  }
  // In vain: whatever keeps the store from taking this, it is not want of room.
  for (const { name, record } of dropped) shelf.set(name, record)
}

/** The current one, then the latest; whatever can't be read counts as very old. Those of other Workers are among them. */
function others(shelf: Shelf, put: Put) {
  return shelf
    .names()
    .filter((name) => name.startsWith(RECORDS) && name !== put.name)
    .map((name) => {
      const record = shelf.get(name) ?? ''
      const isCurrent = name === put.current
      const updatedAt = isCurrent ? Number.POSITIVE_INFINITY : (readHeading(record)?.updatedAt ?? 0)
      return { name, record, isCurrent, updatedAt }
    })
    .sort((one, other) => other.updatedAt - one.updatedAt)
}
