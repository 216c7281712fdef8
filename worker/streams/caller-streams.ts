/**
 * A caller's streams: their journal, the calls that fill them, and what each is settled at. A part of an
 * object.
 */
import { type Dataset, record } from '../accounting/record.ts'
import { reopenTicket, type TicketBudget, takeTicket } from '../admission/ticket.ts'
import { seeEvents } from '../answer/see-events.ts'
import type { Config } from '../config/config.ts'
import { ApiError } from '../errors.ts'
import { formatNamed } from '../formats/wire-format.ts'
import { isVisitor } from '../http/caller.ts'
import { IDLE_LOOK_MS, MAX_STREAM_EVENTS, PROBE_MS } from '../limits.ts'
import type { Moderating } from '../moderation/moderating.ts'
import type { Part } from '../objects/part.ts'
import { hasTable } from '../objects/schema.ts'
import type { Sql } from '../objects/sql.ts'
import { sleep } from '../sleep.ts'
import type { TakeTurn } from '../upstreams/turns.ts'
import type { Upstreams } from '../upstreams/upstream.ts'
import type { UpstreamWords } from '../upstreams/words.ts'
import { createJournal, type KeptStream } from './journal.ts'
import { interruptedEnd } from './log.ts'
import { formatOf, newStreamId, type TagOf } from './stream-id.ts'
import { createStreams, type Followed, type KeepAnswer, type StreamEnd, type Streams } from './streams.ts'
import { answerOf, startUpstreamRun } from './upstream-run.ts'

export interface CallerStreams
  extends Part,
    Pick<Streams, 'open' | 'has' | 'read' | 'isRunning' | 'stop' | 'forget'> {
  /** @returns the events after number `after` */
  follow(id: string, after: number): Promise<Followed | ApiError>
}

/** The caller's budget, in this object or in another one. */
export interface StreamBudget extends TicketBudget {
  /** Notes how many tokens a running answer has, for the estimate. */
  progress(id: string, output: number): void
}

export interface StreamsOptions {
  /** The caller's id. */
  caller: string
  /** Which of the caller's shards this is, and what its ids are tagged by. */
  shard: number
  tagOf: TagOf
  config: Pick<Config, 'keeping' | 'deadlines' | 'unseenPerSecond'>
  upstreams: Upstreams
  /** What the caller may read of the upstream's errors. */
  words: UpstreamWords
  moderation: Moderating
  /** What each call upstream waits for. */
  takeTurn: TakeTurn
  budget: StreamBudget
  dataset: Dataset | undefined
  /** A stream has ended whose answer is to be kept. */
  onKept(ended: StreamEnd, keep: KeepAnswer): void
  /** `dueAt` may be sooner than before. */
  onDue(): void
  /** The journal can't be written any more. */
  onBroken(): void
}

/** Whether an earlier start of the object opened this part: then its streams may have to be ended. */
export const hasStreams = (sql: Sql): boolean => hasTable(sql, 'streams')

/** The request that opens a stream, as the log names it. */
const OPENED_BY = {
  'chat-completions': { route: '/v1/streams', status: 201 },
  responses: { route: '/v1/responses', status: 200 },
}

export function createCallerStreams(sql: Sql, options: StreamsOptions): CallerStreams {
  const { caller, config, upstreams, words, moderation, takeTurn, budget, dataset } = options
  const { onKept, onDue, onBroken } = options
  const { keeping, deadlines, unseenPerSecond } = config
  const journal = createJournal(sql)
  const strips = isVisitor(caller)
  const streams = createStreams({
    journal,
    newId: (format, serial) => newStreamId({ format, shard: options.shard, serial }, options.tagOf),
    keeping,
    silenceMs: deadlines.silence,
    now: Date.now,
    admit: ({ reservation, limits }) => takeTicket(budget, reservation, { caller, limits }),
    ask({ format, bytes, model, at, promptTokens, reservation, limits }, id) {
      const onProgress = (tokens: number) => budget.progress(reservation.id, tokens)
      const terms = { output: reservation.output, unseenPerSecond }
      const question = {
        id,
        wire: formatNamed(format),
        bytes,
        model,
        at,
        promptTokens,
        reservedOutput: limits && reservation.output,
        terms,
      }
      return startUpstreamRun(question, {
        strips,
        upstreams,
        words,
        moderation,
        deadlines,
        takeTurn,
        onProgress,
      })
    },
    onEnd,
    onBroken,
  })
  // After a restart, streams still marked `running` have lost their upstream call: end them.
  const interrupted = Promise.all(journal.running().map(interrupt))

  function onEnd(ended: StreamEnd): Promise<void> {
    const { stream, ticket, origin, state, error, begun, tokens, charged, bytes, notes, firstToken } = ended
    const settled = ticket.settle(charged ?? 0).catch(console.error)
    if (ended.keep !== undefined) onKept(ended, ended.keep)
    const line = {
      ts: new Date(stream.started).toISOString(),
      id: begun?.headers['x-request-id'] ?? stream.requestId,
      ...OPENED_BY[formatOf(stream.id)],
      method: 'POST',
      caller,
      ...(origin !== undefined && { origin }),
      model: stream.model,
      ...notes,
      ...(begun && { upstream_status: begun.status, first_byte_ms: begun.firstByte - stream.started }),
      ...(firstToken !== undefined && { first_token_ms: firstToken - stream.started }),
      total_ms: Date.now() - stream.started,
      bytes,
      // An upstream that refuses late, when the reader already has the stream's id, still refuses.
      ...(charged !== undefined && { ...tokens, charged_tokens: charged }),
      end: state,
      ...(error && { code: error.code, ...error.notes }),
    }
    record(line, dataset)
    onDue()
    return settled
  }

  /** Readers get what was journalled, and then that it was interrupted. */
  function interrupt(stream: KeptStream): Promise<void> {
    const { reader, usage } = answerOf(formatNamed(formatOf(stream.id)), stream, strips)
    const see = seeEvents(reader, {
      see(event) {
        usage.see(event)
        reader.shown?.(event)
      },
    })
    let place = 0
    let bytes = 0
    for (let part = journal.read(stream, 0); part !== undefined; part = journal.read(stream, place)) {
      see(part.bytes)
      place = part.last
      bytes += part.bytes.length
    }
    const error = new ApiError('interrupted')
    const end = { state: 'interrupted' as const, error }
    const closing = reader.closing({
      ...end,
      error: { error, separate: false },
      tell: 'record',
      usage: usage.usage,
      eventsBefore: MAX_STREAM_EVENTS,
    })
    journal.end(stream.serial, {
      full: [interruptedEnd(closing)],
      state: end.state,
      expires: Date.now() + keeping.kept,
    })
    const ticket = reopenTicket(budget, stream.requestId, caller)
    const tokens = usage.tokens()
    const charged = tokens.prompt_tokens + tokens.completion_tokens
    const lastEvent = closing.at(-1)
    return onEnd({ stream, ticket, ...end, begun: undefined, lastEvent, tokens, charged, bytes })
  }

  return {
    open: streams.open,
    has: streams.has,
    read: streams.read,
    isRunning: streams.isRunning,
    stop: streams.stop,
    forget: streams.forget,
    async follow(id, after) {
      const followed = streams.follow(id, after)
      if (!(followed instanceof ApiError) || followed.code !== 'too_many_readers') return followed
      // A reader that has left is only noticed by writing to it.
      streams.probe(id)
      await sleep(PROBE_MS)
      return streams.follow(id, after)
    },
    // While streams run the alarm goes on, so that an object that is evicted restarts and ends them.
    dueAt: () => journal.dueAt() ?? (streams.size > 0 ? Date.now() + IDLE_LOOK_MS : undefined),
    async runDueWork() {
      journal.expire(Date.now())
      // The alarm that restarted the object keeps it until they are settled.
      await interrupted
    },
  }
}
