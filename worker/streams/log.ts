/**
 * The events of one stream, numbered as they come. The journal keeps them in rows. Those of the row that is
 * not full yet are held in memory too, so readers get what was not journalled, and most reads skip the
 * journal.
 */
import { ApiError } from '../errors.ts'
import {
  MAX_EVENT_BYTES,
  MAX_PACK_BYTES,
  MAX_STREAM_BYTES,
  MAX_STREAM_EVENTS,
  MAX_WRITE_BYTES,
} from '../limits.ts'
import { concat } from '../protocol/concat.ts'
import { encodeSse, toBytes } from '../protocol/encode.ts'
import type { SseEvent } from '../protocol/event-reader.ts'
import type { EndState } from '../protocol/wire.ts'
import type { Journal, KeptStream, Pack, Part } from './journal.ts'

/** The events of a stream, running or ended, as a reader follows them. */
export interface Log {
  /** The number of the last event. */
  readonly last: number
  /** Bytes of all events. */
  readonly bytes: number
  readonly ended: boolean
  /** The events after number `after`, as many as one write holds; `undefined` if there are none yet. */
  read(after: number): Part | undefined
  /** Settles with the next event, or the next heartbeat. */
  changed(): Promise<'event' | 'heartbeat'>
}

export interface RunningLog extends Log {
  /** @throws {ApiError} `stream_too_long` */
  append(event: SseEvent): void
  /** Journals all events that may be kept. */
  flush(): void
  /**
   * Adds the closing events and the end state.
   *
   * @param expires milliseconds since the epoch
   * @param withdrawn how many of the last events before these are kept without their words
   */
  end(state: EndState, events: readonly SseEvent[], expires: number, withdrawn?: number): void
  heartbeat(): void
}

interface NumberedEvent extends SseEvent {
  /** The event as it is sent. */
  bytes: Uint8Array<ArrayBuffer>
}

/** The log of a stream that has ended: all its events are in the journal. */
export function endedLog(journal: Journal, stream: KeptStream): Log {
  return {
    last: stream.last,
    bytes: 0,
    ended: true,
    read: (after) => journal.read(stream, after),
    changed: () => Promise.reject(new TypeError('Nothing changes in a stream that has ended.')),
  }
}

/** Events that are shown before their verdict, and so not journalled yet. */
export interface Provisional {
  /** How many of the last events are provisional. */
  readonly count: number
  /** The event's data without its words. */
  mask(data: string): string
}

const NOTHING_PROVISIONAL: Provisional = { count: 0, mask: (data) => data }

export function runningLog(
  journal: Journal,
  stream: KeptStream,
  { provisional = NOTHING_PROVISIONAL }: { provisional?: Provisional } = {},
): RunningLog {
  let last = 0
  let bytes = 0
  let ended = false
  /** The events of the row that is not full, and those that may not be journalled yet. */
  let held: NumberedEvent[] = []
  let heldBytes = 0
  /** How many of them are journalled. */
  let journalled = 0
  let change: PromiseWithResolvers<'event' | 'heartbeat'> | undefined

  function wake(what: 'event' | 'heartbeat'): void {
    change?.resolve(what)
    change = undefined
  }

  function push(event: NumberedEvent): void {
    last++
    held.push(event)
    heldBytes += event.bytes.length
    bytes += event.bytes.length
  }

  /** Forgets the first held events: they are in full rows. */
  function drop(count: number): void {
    held = held.slice(count)
    heldBytes = held.reduce((sum, event) => sum + event.bytes.length, 0)
    journalled = Math.max(0, journalled - count)
  }

  /** @param onlyFull leaves the row that is not full for later */
  function write(onlyFull: boolean): void {
    const passed = held.slice(0, Math.max(0, held.length - provisional.count))
    for (const pack of packsOf(passed, last - held.length + 1)) {
      const count = countOf(pack)
      if (isFull(pack)) {
        journal.write(stream.serial, pack)
        drop(count)
      } else if (!onlyFull && count > journalled) {
        journal.writeOpen(stream.serial, pack)
        journalled = count
      }
    }
  }

  /** Removes the words of the last `count` held events, which keep their numbers. */
  function mask(count: number): void {
    for (let at = held.length - count; at < held.length; at++) {
      const { event, data } = held[at] as NumberedEvent
      held[at] = numbered(last - held.length + at + 1, { event, data: provisional.mask(data) })
    }
  }

  return {
    get last() {
      return last
    },
    get bytes() {
      return bytes
    },
    get ended() {
      return ended
    },
    append(next) {
      const event = numbered(last + 1, next)
      const size = event.bytes.length
      if (last >= MAX_STREAM_EVENTS || size > MAX_EVENT_BYTES || bytes + size > MAX_STREAM_BYTES)
        throw new ApiError('stream_too_long')
      push(event)
      if (heldBytes >= MAX_PACK_BYTES) write(true)
      wake('event')
    },
    flush: () => write(false),
    end(state, closing, expires, withdrawn = 0) {
      mask(withdrawn)
      const events = closing.map((one, index) => numbered(last + 1 + index, one))
      const full = packsOf([...held, ...events], last - held.length + 1)
      const open = full.every(isFull) ? undefined : full.pop()
      journal.end(stream.serial, { full, open, state, expires })
      // After the journal, or a reader could see an end that is lost in a restart.
      for (const event of events) push(event)
      for (const pack of full) drop(countOf(pack))
      journalled = held.length
      ended = true
      wake('event')
    },
    heartbeat: () => wake('heartbeat'),
    read(after) {
      if (after >= last) return undefined
      // Older events are all in the journal.
      if (last - after > held.length) return journal.read(stream, after)
      const events = held.slice(after - last)
      const count = filling(events, MAX_WRITE_BYTES)
      return { bytes: concat(events.slice(0, count).map((event) => event.bytes)), last: after + count }
    },
    changed() {
      change ??= Promise.withResolvers()
      return change.promise
    },
  }
}

/**
 * The end of a stream that a restart interrupted. Numbered above every possible event, so readers who saw
 * events that were lost still receive it.
 */
export function interruptedEnd(events: readonly SseEvent[]): Pack {
  const first = MAX_STREAM_EVENTS + 1
  const bytes = concat(events.map((event, index) => numbered(first + index, event).bytes))
  return { first, last: first + events.length - 1, bytes }
}

function numbered(number: number, { event, data }: SseEvent): NumberedEvent {
  return { event, data, bytes: toBytes(`id: ${number}\n${encodeSse({ event, data })}`) }
}

const countOf = ({ first, last }: Pack) => last - first + 1

const isFull = ({ bytes }: Pack) => bytes.length >= MAX_PACK_BYTES

/**
 * @param first the number of the first of these events
 * @returns all but the last one are full
 */
function packsOf(events: readonly NumberedEvent[], first: number): Pack[] {
  if (events.length === 0) return []
  const count = filling(events, MAX_PACK_BYTES)
  const bytes = concat(events.slice(0, count).map((event) => event.bytes))
  return [{ first, last: first + count - 1, bytes }, ...packsOf(events.slice(count), first + count)]
}

/** How many of these events fill `most` bytes; the last may exceed it. */
function filling(events: readonly NumberedEvent[], most: number): number {
  let size = 0
  const last = events.findIndex(({ bytes }) => {
    size += bytes.length
    return size >= most
  })
  return last === -1 ? events.length : last + 1
}
