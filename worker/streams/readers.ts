/** The readers of a stream: bounds their number and lag, and knows since when there are none. */
import { ApiError } from '../errors.ts'
import { MAX_READERS } from '../limits.ts'
import { follow, type Reader } from './follow.ts'
import type { Log } from './log.ts'

export interface Readers {
  /** @param after the number of the last event that the reader has */
  add(after: number): ReadableStream<Uint8Array> | ApiError
  /** Cuts off readers that have fallen too far behind. */
  cutLaggards(): void
  /** For how long there has been no reader: milliseconds; 0 while there is one. */
  absence(): number
}

/** @param onEmpty called when the last reader has left */
export function createReaders(log: Log, now: () => number, onEmpty = () => {}): Readers {
  const readers = new Set<Reader>()
  let lastSeen = now()
  return {
    add(after) {
      // Dead connections must not keep out a reader that reconnects.
      if (readers.size >= MAX_READERS) for (const reader of readers) if (!reader.present(now())) reader.cut()
      if (readers.size >= MAX_READERS) return new ApiError('too_many_readers')
      const reader = follow(log, after, {
        now,
        onLeave() {
          readers.delete(reader)
          lastSeen = now()
          if (readers.size === 0) onEmpty()
        },
      })
      readers.add(reader)
      return reader.body
    },
    cutLaggards() {
      for (const reader of readers) if (reader.lags()) reader.cut()
    },
    absence() {
      const at = now()
      if ([...readers].some((reader) => reader.present(at))) lastSeen = at
      return at - lastSeen
    },
  }
}
