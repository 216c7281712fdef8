/** A caller's streams: opened, followed, stopped. */

import type { Admission, Ticket } from '../admission/ticket.ts'
import type { AnswerEnd } from '../answer/end.ts'
import type { Tokens } from '../answer/usage.ts'
import type { BudgetState, CallerLimits } from '../budget/budget-state.ts'
import type { Reservation } from '../budget/ledger.ts'
import { ApiError } from '../errors.ts'
import type { FormatName } from '../formats/wire-format.ts'
import { MAX_IN_FLIGHT_BYTES, MAX_KEPT_STREAMS, MAX_RUNNING_STREAMS, OPENING_GRACE_MS } from '../limits.ts'
import { concat } from '../protocol/concat.ts'
import type { SseEvent } from '../protocol/event-reader.ts'
import type { Journal, KeptStream } from './journal.ts'
import { endedLog, type Log, runningLog } from './log.ts'
import { createReaders, type Readers } from './readers.ts'
import { type Running, type RunOptions, run } from './running.ts'
import type { StartedAnswer, UpstreamRun } from './upstream-run.ts'

export interface Opening {
  format: FormatName
  /** The request as it goes upstream. */
  bytes: Uint8Array
  model: string
  /** The one upstream that has what the request goes on from. */
  at?: string | undefined
  /** The request's `Idempotency-Key`, and a hash of its body. */
  idempotency: { key: string; hash: string } | undefined
  /** The number of the last event that the reader has, if the stream was opened before. */
  after: number
  /** `undefined`: the prompt was not counted before the call. */
  promptTokens?: number | undefined
  /** The tokens that the call may use. Its id is also the request's. */
  reservation: Reservation
  /** The caller's limits; `undefined`: none. */
  limits: CallerLimits | undefined
  /** Of the page that asks, for the log. */
  origin?: string | undefined
  /** Whether it runs on without readers: the caller has said that it will come back. */
  inBackground?: boolean
  /** How the answer is kept when its stream is no longer; `undefined`: not at all. */
  keep?: KeepAnswer | undefined
}

export interface KeepAnswer {
  /** The question's items, as JSON. */
  input: string
  /** Milliseconds since the epoch. */
  expires: number
}

export interface Followed {
  /** `undefined`: all events were read, and no more will come. */
  events: ReadableStream<Uint8Array> | undefined
}

export interface Opened extends Followed {
  id: string
  /** Whether the same request had opened it before. */
  replayed: boolean
  /** The upstream's headers that are passed on. */
  headers: Record<string, string>
  /** The state of the caller's budget, if tokens were reserved. */
  state: BudgetState | undefined
}

/** A stream that has ended, for the record. */
export interface StreamEnd extends AnswerEnd {
  stream: KeptStream
  ticket: Ticket
  begun: StartedAnswer | undefined
  tokens: Tokens
  /** What the call is charged, in tokens; `undefined`: it has cost nothing. */
  charged: number | undefined
  /** Bytes of its events, as a reader gets them. */
  bytes: number
  /** The event that ended it; `undefined`: none did. */
  lastEvent: SseEvent | undefined
  /** The following are lost when the object is restarted. */
  keep?: KeepAnswer | undefined
  /** The data of the upstream's own end. */
  upstreamEnd?: string | undefined
  origin?: string | undefined
  notes?: UpstreamRun['notes']
  /** Milliseconds since the epoch. */
  firstToken?: number | undefined
}

interface Surroundings extends RunOptions {
  journal: Journal
  /** The id of a stream that begins. */
  newId(format: FormatName, serial: number): string
  /** Takes the ticket of a call. Synchronous if there is nothing to wait for. */
  admit(opening: Opening): Admission | Promise<Admission | ApiError>
  /** Makes the call upstream at once. `id`: of the stream that it fills. */
  ask(opening: Opening, id: string): UpstreamRun
  /** Called once for each stream, to settle its ticket. @returns once that is done */
  onEnd(end: StreamEnd): Promise<void> | void
  /** The journal can't be written any more. */
  onBroken(error: unknown): void
}

export interface Streams {
  open(opening: Opening): Promise<Opened | ApiError>
  /** @returns the events after number `after` */
  follow(id: string, after: number): Followed | ApiError
  /** The stream with all its events so far, as they go out; `undefined` if there is none of this id. */
  read(id: string): { stream: KeptStream; events: Uint8Array } | undefined
  /** Writes to each reader, so that dead connections surface. */
  probe(id: string): void
  /** @returns once the stream has ended and is settled, now or earlier */
  stop(id: string): Promise<ApiError | undefined>
  /** Whether there is a stream of this id, running or ended. */
  has(id: string): boolean
  isRunning(id: string): boolean
  /** Deletes a stream that has ended. */
  forget(id: string): void
  /** How many streams are running. */
  readonly size: number
}

interface Active {
  stream: KeptStream
  /** The size of its request, which is held as long as it runs. */
  bytes: number
  origin: string | undefined
  keep: KeepAnswer | undefined
  ticket: Ticket
  upstream: UpstreamRun
  running: Running
  /** Its end was journalled and settled. */
  settled: Promise<void>
}

export function createStreams({
  journal,
  newId,
  admit,
  ask,
  onEnd,
  onBroken,
  ...options
}: Surroundings): Streams {
  const active = new Map<string, Active>()
  /** Readers of streams that have ended. */
  const rereaders = new Map<string, Readers>()

  function begin(opening: Opening, ticket: Ticket): Active {
    const started = options.now()
    // The call starts first; the rest happens while the question is on its way.
    const serial = journal.takeSerial()
    const id = newId(opening.format, serial)
    const upstream = ask(opening, id)
    try {
      const stream = journal.begin({
        serial,
        id,
        idempotencyKey: opening.idempotency?.key ?? null,
        requestHash: opening.idempotency?.hash ?? null,
        requestId: ticket.id,
        model: opening.model,
        promptTokens: upstream.promptTokens,
        started,
      })
      const { keeping } = options
      const running = run(upstream, (provisional) => runningLog(journal, stream, { provisional }), {
        ...options,
        keeping: opening.inBackground ? { ...keeping, abandoned: Number.POSITIVE_INFINITY } : keeping,
      })
      const one: Active = {
        stream,
        bytes: opening.bytes.byteLength,
        origin: opening.origin,
        keep: opening.keep,
        ticket,
        upstream,
        running,
        settled: running.ended.then((end) => settle(one, end)).catch(onBroken),
      }
      active.set(stream.id, one)
      return one
    } catch (error) {
      // A call without a kept stream is ended.
      upstream.stop()
      upstream.finished()
      void ticket.settle(undefined).catch(console.error)
      throw error
    }
  }

  async function settle(
    { stream, origin, keep, ticket, upstream, running }: Active,
    end: Awaited<Running['ended']>,
  ): Promise<void> {
    active.delete(stream.id)
    if (end === 'refused') journal.forget(stream.serial)
    // The journal is whole: a failure in settling must not end the caller's other streams.
    try {
      const charged = upstream.charged()
      if (end === 'refused') await ticket.settle(charged ?? 0)
      else {
        const { notes, timer, usage, upstreamEnd } = upstream
        const { firstToken } = timer
        const { bytes } = running.log
        const tokens = usage.tokens()
        await onEnd({
          ...end,
          stream,
          origin,
          keep,
          ticket,
          tokens,
          charged,
          bytes,
          notes,
          firstToken,
          upstreamEnd,
        })
      }
    } catch (error) {
      console.error(error)
    }
  }

  /** An object has a memory of its own: its calls are bounded like those of an isolate of the Worker. */
  const isFull = ({ bytes }: Opening) =>
    active.size >= MAX_RUNNING_STREAMS ||
    journal.kept >= MAX_KEPT_STREAMS ||
    [...active.values()].reduce((sum, one) => sum + one.bytes, bytes.byteLength) > MAX_IN_FLIGHT_BYTES

  /** The stream that the same request opened before. */
  function opened({ idempotency }: Opening): KeptStream | undefined | ApiError {
    const known = idempotency && journal.byKey(idempotency.key)
    if (known === undefined || known.requestHash === idempotency?.hash) return known
    return new ApiError('idempotency_key_reused', { param: 'idempotency-key' })
  }

  function readersOf(id: string, log: Log): Readers {
    const known = rereaders.get(id)
    if (known !== undefined) return known
    const readers = createReaders(log, options.now, () => rereaders.delete(id))
    rereaders.set(id, readers)
    return readers
  }

  function follow(id: string, after: number): Followed | ApiError {
    const stream = journal.byId(id)
    if (stream === undefined) return new ApiError('stream_not_found')
    const running = active.get(id)?.running
    const log = running?.log ?? endedLog(journal, stream)
    if (after > log.last) return new ApiError('invalid_cursor', { param: 'after' })
    if (log.ended && after === log.last) return { events: undefined }
    const events = (running?.readers ?? readersOf(id, log)).add(after)
    return events instanceof ApiError ? events : { events }
  }

  return {
    async open(opening) {
      let known = opened(opening)
      let admission: Admission | undefined
      if (known === undefined) {
        if (isFull(opening)) return new ApiError('too_many_streams')
        const taken = admit(opening)
        const admitted = taken instanceof Promise ? await taken : taken
        if (admitted instanceof ApiError) return admitted
        admission = admitted
        // During the wait the same request may have come again, and others may have taken the last place.
        known = opened(opening) ?? (isFull(opening) ? new ApiError('too_many_streams') : undefined)
        if (known !== undefined) await admission.ticket.settle(0)
      }
      if (known instanceof ApiError) return known
      const one =
        admission !== undefined && known === undefined
          ? begin(opening, admission.ticket)
          : known && active.get(known.id)
      const begun = one && (await beginning(one))
      if (begun instanceof ApiError && !one?.running.idIsPublic) {
        // What the caller reads of its budget beside the refusal is then true.
        await one?.settled
        return begun
      }
      if (one !== undefined) one.running.idIsPublic = true
      const { id, requestId } = one?.stream ?? (known as KeptStream)
      const replayed = known !== undefined
      const followed = follow(id, replayed ? opening.after : 0)
      if (followed instanceof ApiError) return followed
      const ofUpstream = begun === undefined || begun instanceof ApiError ? {} : begun.headers
      // A repeated request has an id of its own, different from the stream's first request.
      const headers: Record<string, string> = replayed ? {} : { 'x-request-id': requestId, ...ofUpstream }
      return { id, replayed, headers, state: admission?.state, ...followed }
    },
    follow,
    has: (id) => journal.byId(id) !== undefined,
    isRunning: (id) => active.has(id),
    read(id) {
      const stream = journal.byId(id)
      if (stream === undefined) return undefined
      const log = active.get(id)?.running.log ?? endedLog(journal, stream)
      const parts: Uint8Array[] = []
      for (let part = log.read(0); part !== undefined; part = log.read(part.last)) parts.push(part.bytes)
      return { stream, events: concat(parts) }
    },
    forget(id) {
      const stream = journal.byId(id)
      if (stream !== undefined && !active.has(id)) journal.forget(stream.serial)
    },
    probe: (id) => active.get(id)?.running.log.heartbeat(),
    async stop(id) {
      if (journal.byId(id) === undefined) return new ApiError('stream_not_found')
      const one = active.get(id)
      one?.upstream.stop()
      await one?.running.ended
      await one?.settled
    },
    get size() {
      return active.size
    },
  }
}

/**
 * @returns the first byte, or the reason why there is none; `undefined` if it takes too long, so that the
 *   stream is announced without it
 */
async function beginning({ upstream, running }: Active): Promise<StartedAnswer | ApiError | undefined> {
  const over = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => {
    // Set before the promise settles: a failure in between would be neither a refusal nor the stream's end.
    running.idIsPublic = true
    over.resolve(undefined)
  }, OPENING_GRACE_MS)
  try {
    return await Promise.race([upstream.begun, over.promise])
  } finally {
    clearTimeout(timer)
  }
}
