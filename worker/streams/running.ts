/**
 * One running stream: writes the answer into the log. A clock journals it, keeps its readers' connections
 * alive, and ends an answer without readers.
 */
import { type AnswerEnd, endOf } from '../answer/end.ts'
import { type AnswerItem, runAnswer, type Sink } from '../answer/engine.ts'
import { endOnSilence } from '../answer/silence.ts'
import { ApiError } from '../errors.ts'
import { FLUSH_MS, HEARTBEAT_MS, type Keeping, TICK_MS } from '../limits.ts'
import type { Moderation } from '../moderation/moderation.ts'
import type { SseEvent } from '../protocol/event-reader.ts'
import type { Provisional, RunningLog } from './log.ts'
import { createReaders, type Readers } from './readers.ts'
import type { StartedAnswer, UpstreamRun } from './upstream-run.ts'

export interface Running {
  readonly log: RunningLog
  readonly readers: Readers
  /**
   * Whether a caller has the stream's id. Before that, an answer that never began is a refusal; after it,
   * the stream's end.
   */
  idIsPublic: boolean
  /**
   * Settles when the stream's end is journalled; with `refused` if it never became a stream. Rejects if the
   * journal failed.
   */
  readonly ended: Promise<StreamedAnswer | 'refused'>
}

interface StreamedAnswer extends AnswerEnd {
  begun: StartedAnswer | undefined
  lastEvent: SseEvent | undefined
}

export interface RunOptions {
  keeping: Keeping
  silenceMs: number
  /** A clock in milliseconds since the epoch. */
  now(): number
}

/** @param newLog receives which of its events are provisional */
export function run(
  upstream: UpstreamRun,
  newLog: (provisional: Provisional) => RunningLog,
  { keeping, silenceMs, now }: RunOptions,
): Running {
  const { abort, format, reader, usage } = upstream
  /** Events written so far. The log has `log.last` of them: the others could not be kept. */
  let written = 0
  let moderation: Moderation<AnswerItem> | undefined
  /** How many of the last `count` written events are in the log. */
  const kept = (count: number) => Math.max(0, count - (written - log.last))
  const log = newLog({
    get count() {
      return kept(moderation?.ahead ?? 0)
    },
    mask: format.masked,
  })
  const readers = createReaders(log, now)
  let lastEvent: SseEvent | undefined
  let quietSince = now()

  const sink: Sink = {
    takes: { otherBytes: false, largeEvents: 'refuse' },
    write({ event }) {
      // Once one event fails to persist, no later ones are kept: the log must have no gap.
      if (event === undefined || log.last < written++) return
      // Readers don't get an upstream's comments, so only events count as activity.
      quietSince = now()
      log.append({ event: event.name, data: event.data })
    },
    flush: () => undefined,
    async end({ state, events, withdrawn }) {
      lastEvent = events.at(-1)
      log.end(state, events, now() + keeping.kept, kept(withdrawn))
    },
  }

  let ticks = 0
  function tick(): void {
    try {
      if (++ticks % (FLUSH_MS / TICK_MS) === 0) log.flush()
    } catch (cause) {
      // An answer that can't be kept should cost no more tokens.
      abort(new ApiError('internal_error', { cause }))
    }
    const at = now()
    if (at - quietSince >= HEARTBEAT_MS) {
      quietSince = at
      log.heartbeat()
    }
    readers.cutLaggards()
    // Until its id is public it can have no readers, and the request that opens it waits.
    if (running.idIsPublic && readers.absence() >= keeping.abandoned) upstream.stop()
  }

  async function answer(begun: StartedAnswer): Promise<AnswerEnd> {
    const silence = endOnSilence(upstream.chunksOf(begun), silenceMs, abort)
    try {
      return await runAnswer({
        ...upstream,
        chunks: silence.chunks,
        moderate:
          upstream.moderate &&
          ((release) => {
            moderation = upstream.moderate?.(release)
            return moderation as Moderation<AnswerItem>
          }),
        hidesUsage: true,
        sink,
        tell: 'record',
        timing: () => upstream.timer.measure(begun, usage.usage().usage),
      })
    } finally {
      silence.stop()
    }
  }

  async function whole(): Promise<Awaited<Running['ended']>> {
    const begun = await upstream.begun
    if (!(begun instanceof ApiError)) return { ...(await answer(begun)), begun, lastEvent }
    if (!running.idIsPublic) return 'refused'
    const end = endOf(begun)
    const error = end.error && { error: end.error, separate: false }
    const events = reader.closing({ ...end, error, tell: 'record', usage: usage.usage })
    log.end(end.state, events, now() + keeping.kept)
    return { ...end, begun: undefined, lastEvent: events.at(-1) }
  }

  const timer = setInterval(tick, TICK_MS)
  const running: Running = {
    log,
    readers,
    idIsPublic: false,
    ended: whole().finally(() => {
      clearInterval(timer)
      upstream.finished()
    }),
  }
  return running
}
