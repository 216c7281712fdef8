/**
 * A reader of a stream: it gets the events it is missing, and then new ones. Live and resumed readers both
 * run this.
 */
import { BROKE_OFF } from '../errors.ts'
import { MAX_READER_LAG_BYTES, READER_STALL_MS } from '../limits.ts'
import { toBytes } from '../protocol/encode.ts'
import type { Log } from './log.ts'

export interface Reader {
  body: ReadableStream<Uint8Array>
  /** Whether the reader is there. One that leaves bytes untaken for long counts as gone. */
  present(now: number): boolean
  /** Breaks the connection off. The reader can connect again. */
  cut(): void
  /**
   * Whether the reader took nothing while too much came, so that it has to be cut off. A slow reader is not.
   */
  lags(): boolean
}

interface Following {
  now(): number
  /** Called once, when the reader has read the end, has left, or was cut off. */
  onLeave(): void
}

/** One line feed only: after a second, some readers (Python's among them) dispatch an empty event. */
const HEARTBEAT = ': heartbeat\n'

/**
 * Holds only its position: it reads the log when its connection has room, so a slow reader delays neither
 * the upstream nor other readers.
 *
 * @param after the number of the last event that the reader has
 */
export function follow(log: Log, after: number, { now, onLeave }: Following): Reader {
  let place = after
  let waiting = false
  let taken = now()
  /** `log.bytes` at this reader's last pull; `undefined` until it has caught up once. */
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
      // A loop: a reader from the journal may already have the event that the change announces.
      while (part === undefined && !log.ended) {
        waiting = true
        const what = await log.changed()
        waiting = false
        if (over) return
        taken = now()
        // New bytes each time: the stream transfers their buffer.
        if (what === 'heartbeat') return controller.enqueue(toBytes(HEARTBEAT))
        part = log.read(place)
      }
      if (part !== undefined) {
        place = part.last
        if (place === log.last) tookAt = log.bytes
        return controller.enqueue(part.bytes)
      }
      // The missing events expired meanwhile, so this is not the end.
      if (place < log.last) return cut()
      controller.close()
      // A BYOB reader waits for its buffer to be returned.
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
