/** A caller's streams: opened, followed, stopped. */

import type { AnswerEnd } from '../answer/end.ts'
import type { Tokens } from '../answer/usage.ts'
import type { Ask } from '../budget/ledger.ts'
import type { Limits, Standing } from '../budget/standing.ts'
import { ApiError } from '../errors.ts'
import { MAX_KEPT_STREAMS, MAX_RUNNING_STREAMS, OPENING_GRACE_MS } from '../limits.ts'
import type { Journal, KeptStream } from './journal.ts'
import { endedLog, type Log, type LogOptions, runningLog } from './log.ts'
import { createReaders, type Readers } from './readers.ts'
import { type Running, type RunOptions, run } from './running.ts'
import { newStreamId } from './stream-id.ts'
import type { StartedAnswer, UpstreamRun } from './upstream-run.ts'

export interface Opening {
  /** The request as it goes upstream. */
  bytes: Uint8Array
  model: string
  /** The request's `Idempotency-Key`, and what tells its body from another's. */
  idempotency: { key: string; hash: string } | undefined
  /** The number of the last event that the reader has, of a stream that was opened before. */
  after: number
  /** What the call may take, and of how much; its id is the request's, too. */
  reservation: Ask
  /** `undefined`: none. */
  limits: Limits | undefined
}

export interface Followed {
  /** `undefined` where all were read and no more will come. */
  events: ReadableStream<Uint8Array> | undefined
}

export interface Opened extends Followed {
  id: string
  /** Whether the same request had opened it before. */
  replayed: boolean
  /** The upstream's, as far as they are passed on. */
  headers: Record<string, string>
  /** What is left to the caller, where there is a limit. */
  standing: Standing | undefined
}

/** A stream that has ended, for the record. */
export interface StreamEnd extends AnswerEnd {
  stream: KeptStream
  begun: StartedAnswer | undefined
  tokens: Tokens
  /** Of its events, as a reader gets them. */
  bytes: number
}

interface Surroundings extends RunOptions, Pick<LogOptions, 'gatherMs'> {
  journal: Journal
  /** Puts aside what the call may take. */
  admit(opening: Opening): Promise<Standing | undefined | ApiError>
  /** Makes the call upstream, at once. */
  ask(opening: Opening): UpstreamRun
  onEnd(end: StreamEnd): void
  /** There is no stream for what was put aside under this id. @param why its call ended, if it was made */
  onUnused(id: string, why?: ApiError): void
  /** The journal can't be written any more. */
  onBroken(error: unknown): void
}

export interface Streams {
  open(opening: Opening): Promise<Opened | ApiError>
  /** @returns the events after number `after` */
  follow(id: string, after: number): Followed | ApiError
  /** Writes something to each reader, so that it shows who is there. */
  probe(id: string): void
  /** @returns once the stream has ended, now or long ago */
  stop(id: string): Promise<ApiError | undefined>
  /** How many are running. */
  readonly size: number
}

interface Active {
  stream: KeptStream
  upstream: UpstreamRun
  running: Running
}

export function createStreams({
  gatherMs,
  journal,
  admit,
  ask,
  onEnd,
  onUnused,
  onBroken,
  ...options
}: Surroundings): Streams {
  const active = new Map<string, Active>()
  /** Of streams that have ended. */
  const rereaders = new Map<string, Readers>()

  function begin(opening: Opening): Active {
    const started = options.now()
    // First of all: what follows happens while the question is on its way.
    const upstream = ask(opening)
    try {
      const stream = journal.begin({
        id: newStreamId(),
        idempotencyKey: opening.idempotency?.key ?? null,
        requestHash: opening.idempotency?.hash ?? null,
        requestId: opening.reservation.id,
        model: opening.model,
        promptTokens: upstream.promptTokens,
        started,
      })
      const running = run(
        upstream,
        (provisional) => runningLog(journal, stream, { gatherMs, provisional }),
        options,
      )
      const one = { stream, upstream, running }
      active.set(stream.id, one)
      running.ended.then((end) => settle(one, end)).catch(onBroken)
      return one
    } catch (error) {
      // What can't be kept is not asked.
      upstream.stop()
      upstream.finished()
      throw error
    }
  }

  async function settle(
    { stream, upstream, running }: Active,
    end: Awaited<Running['ended']>,
  ): Promise<void> {
    active.delete(stream.id)
    if (end === 'refused') {
      journal.forget(stream.serial)
      const why = await upstream.begun
      account(() => onUnused(stream.requestId, why instanceof ApiError ? why : undefined))
    } else account(() => onEnd({ ...end, stream, tokens: upstream.usage.tokens(), bytes: running.log.bytes }))
  }

  const isFull = () => active.size >= MAX_RUNNING_STREAMS || journal.kept >= MAX_KEPT_STREAMS

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
      const { reservation, after } = opening
      let known = opened(opening)
      let standing: Standing | undefined
      if (known === undefined) {
        if (isFull()) return new ApiError('too_many_streams')
        const admitted = opening.limits && (await admit(opening))
        if (admitted instanceof ApiError) return admitted
        standing = admitted
        // Meanwhile the same request may have come again, and others may have taken the last place.
        known = opened(opening) ?? (isFull() ? new ApiError('too_many_streams') : undefined)
        if (known !== undefined) onUnused(reservation.id)
      }
      if (known instanceof ApiError) return known
      const one = known === undefined ? begin(opening) : active.get(known.id)
      const begun = one && (await beginning(one))
      if (begun instanceof ApiError && !one?.running.idIsPublic) return begun
      if (one !== undefined) one.running.idIsPublic = true
      const { id, requestId } = one?.stream ?? (known as KeptStream)
      const replayed = known !== undefined
      const followed = follow(id, replayed ? after : 0)
      if (followed instanceof ApiError) return followed
      const ofUpstream = begun === undefined || begun instanceof ApiError ? {} : begun.headers
      // Another request than the one that opened it has an id of its own.
      const headers: Record<string, string> = replayed ? {} : { 'x-request-id': requestId, ...ofUpstream }
      return { id, replayed, headers, standing, ...followed }
    },
    follow,
    probe: (id) => active.get(id)?.running.log.heartbeat(),
    async stop(id) {
      if (journal.byId(id) === undefined) return new ApiError('stream_not_found')
      const one = active.get(id)
      one?.upstream.stop()
      await one?.running.ended
    },
    get size() {
      return active.size
    },
  }
}

/** What fails in accounting for a stream is no matter of the journal's, and ends none of the caller's others. */
function account(work: () => void): void {
  try {
    work()
  } catch (error) {
    console.error(error)
  }
}

/** @returns the first byte or why there is none; `undefined` where that takes too long, and then the stream is idIsPublic without. */
async function beginning({ upstream, running }: Active): Promise<StartedAnswer | ApiError | undefined> {
  const over = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => {
    // Here, not when the promise is seen to settle: a failure between the two would be nobody's.
    running.idIsPublic = true
    over.resolve(undefined)
  }, OPENING_GRACE_MS)
  try {
    return await Promise.race([upstream.begun, over.promise])
  } finally {
    clearTimeout(timer)
  }
}
