/** A reader of a stream: what it lacks, and then what comes. Live and resumed readers, all run this. */
import { BROKE_OFF } from '../errors.ts'
import { MAX_READER_LAG_BYTES, READER_STALL_MS } from '../limits.ts'
import { toBytes } from '../protocol/encode.ts'
import type { Log } from './log.ts'

export interface Reader {
  body: ReadableStream<Uint8Array>
  /** Whether someone is there: a reader that takes nothing of what there is has gone, or may as well. */
  present(now: number): boolean
  /** Breaks the connection off. It can be asked for again. */
  cut(): void
  /** Whether it has taken nothing of so much that it is to be cut off. One that takes, however slowly, is not. */
  lags(): boolean
}

interface Following {
  now(): number
  /** Called once, when it has read the end, has left, or was cut off. */
  onLeave(): void
}

/** One line feed: at a second one, some readers (Python's among them) dispatch an empty event. */
const HEARTBEAT = ': heartbeat\n'

/**
 * Holds nothing but its place: it takes from the log when its connection has room, and so holds up neither the
 * upstream nor other readers.
 *
 * @param after the number of the last event that the reader has
 */
export function follow(log: Log, after: number, { now, onLeave }: Following): Reader {
  let place = after
  let waiting = false
  let taken = now()
  /** How much there was when this reader last took something; `undefined` before it first had all. */
  let tookAt: number | undefined
  let over = false
  let controller: ReadableByteStreamController

  function leave(): void {
    if (over) return
    over = true
    onLeave()
  }

  function cut(): void {
    if (over) return
    controller.error(new Error(BROKE_OFF))
    leave()
  }

  const body = new ReadableStream({
    type: 'bytes',
    start(own) {
      controller = own
    },
    async pull() {
      taken = now()
      if (tookAt !== undefined) tookAt = log.bytes
      let part = log.read(place)
      // More than once: out of the journal a reader may have had what now is shown to the others.
      while (part === undefined && !log.ended) {
        waiting = true
        const what = await log.changed()
        waiting = false
        if (over) return
        taken = now()
        // New bytes each time: the stream takes their buffer away.
        if (what === 'heartbeat') return controller.enqueue(toBytes(HEARTBEAT))
        part = log.read(place)
      }
      if (part !== undefined) {
        place = part.last
        if (place === log.last) tookAt = log.bytes
        return controller.enqueue(part.bytes)
      }
      // What expired meanwhile is not the end.
      if (place < log.last) return cut()
      controller.close()
      // A reader with a buffer of its own waits to get it back.
      ;(controller.byobRequest as ReadableStreamBYOBRequest | null)?.respond(0)
      leave()
    },
    cancel: leave,
  })

  return {
    body,
    present: (at) => waiting || place >= log.last || at - taken < READER_STALL_MS,
    lags: () => !waiting && tookAt !== undefined && log.bytes - tookAt > MAX_READER_LAG_BYTES,
    cut,
  }
}
