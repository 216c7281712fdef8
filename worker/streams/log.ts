/**
 * The events of one stream, numbered as they come. Readers get recent events from memory; older ones are
 * packed into the journal.
 */
import { ApiError } from '../errors.ts'
import {
  MAX_EVENT_BYTES,
  MAX_PACK_BYTES,
  MAX_STREAM_BYTES,
  MAX_STREAM_EVENTS,
  MAX_WRITE_BYTES,
  PACK_EVENTS,
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
  /** Events that are not journalled yet. */
  let pending: NumberedEvent[] = []
  let pendingBytes = 0
  /** The previous pack. Readers are seldom further behind, so most reads skip the journal. */
  let recent: NumberedEvent[] = []
  let change: PromiseWithResolvers<'event' | 'heartbeat'> | undefined

  function wake(what: 'event' | 'heartbeat'): void {
    change?.resolve(what)
    change = undefined
  }

  function push(event: NumberedEvent): void {
    last++
    pending.push(event)
    pendingBytes += event.bytes.length
    bytes += event.bytes.length
  }

  function packed(count: number): void {
    recent = pending.slice(0, count)
    pending = pending.slice(count)
    pendingBytes = pending.reduce((sum, event) => sum + event.bytes.length, 0)
  }

  function flush(): void {
    const passed = pending.slice(0, Math.max(0, pending.length - provisional.count))
    for (const pack of packsOf(passed, last - pending.length + 1)) {
      journal.write(stream.serial, pack)
      packed(pack.last - pack.first + 1)
    }
  }

  /** Removes the words of the last `count` pending events, which keep their numbers. */
  function mask(count: number): void {
    for (let at = pending.length - count; at < pending.length; at++) {
      const { event, data } = pending[at] as NumberedEvent
      pending[at] = numbered(last - pending.length + at + 1, { event, data: provisional.mask(data) })
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
      if (pending.length >= PACK_EVENTS || pendingBytes >= MAX_PACK_BYTES) flush()
      wake('event')
    },
    flush,
    end(state, closing, expires, withdrawn = 0) {
      mask(withdrawn)
      const events = closing.map((one, index) => numbered(last + 1 + index, one))
      const packs = packsOf([...pending, ...events], last - pending.length + 1)
      journal.end(stream.serial, packs, state, expires)
      // After the journal, or a reader could see an end that is lost in a restart.
      for (const event of events) push(event)
      packed(pending.length)
      ended = true
      wake('event')
    },
    heartbeat: () => wake('heartbeat'),
    read(after) {
      if (after >= last) return undefined
      const held = [...recent, ...pending]
      // Older events are all in the journal: those not yet journalled are held in memory.
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

/** @param first the number of the first of these events */
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
