/**
 * THE ENGINE: reads an upstream's answer once, to its end. Each event is split off once, parsed once, shown to the
 * observers, passed through the moderation and written to the sink. Every answer whose bytes must be looked at goes
 * through here: a relayed one with usage to hide or to add, a timed or moderated one, `/chat`, a durable stream.
 * Answers whose bytes stay as they are go through delivery/native.ts.
 */
import { ApiError } from '../errors.ts'
import type { AnswerEvent, AnswerFormat, AnswerReader, Closing, Tell } from '../formats/answer-format.ts'
import { MAX_EVENT_BYTES } from '../limits.ts'
import type { Moderation, Outcome } from '../moderation/moderation.ts'
import { createEventReader, type Frame } from '../protocol/event-reader.ts'
import type { Timing, WireError } from '../protocol/wire.ts'
import type { Chunks } from './chunks.ts'
import { type AnswerEnd, endOf } from './end.ts'
import type { UsageCount } from './usage.ts'

/** What goes out: an event with its bytes as they came; or bytes that are none, such as a comment. */
export interface AnswerItem {
  event: AnswerEvent | undefined
  bytes: Uint8Array
}

export interface Observer {
  /** @throws {ApiError} to end the call */
  see(event: AnswerEvent): void
}

/** Where an answer goes. */
export interface Sink {
  /** What kinds of events it takes, where sinks differ. */
  readonly takes: {
    /** Bytes that are no event of the answer: comments and pings. */
    otherBytes: boolean
    /** What becomes of events above `MAX_EVENT_BYTES`. Under moderation each is refused, since it can't be judged. */
    largeEvents: 'pass' | 'skip' | 'refuse'
    /** An upstream's error as it came. If not, the sink's own end says it. */
    errors: boolean
  }
  /** @throws {ApiError} to end the call */
  write(item: AnswerItem): void
  /** Sends what was written. @returns when there is room for more, if that is not at once */
  flush(): Promise<void> | undefined
  /** Nothing more is written. @returns when all of it has gone out, or its reader has left */
  end(last: Last): Promise<void>
}

/** An answer's end, for its sink. */
export interface Last extends AnswerEnd {
  /** The data of the events that close it; the format's own end is among them where the answer ends well. */
  events: readonly string[]
  /** The bytes of the upstream's own end, if it is the last of `events`. */
  endBytes: Uint8Array | undefined
  /** How many of the last items that were written have text that readers take back. */
  withdrawn: number
}

export interface AnswerRun {
  format: AnswerFormat
  reader: AnswerReader
  chunks: Chunks
  /** Of the upstream's call; its reason is an `ApiError` that says why. */
  signal: AbortSignal
  abort(reason: ApiError): void
  observers: readonly Observer[]
  /** Whether an event that has usage and nothing else is kept from the readers. */
  hidesUsage: boolean
  moderate: ((release: (items: AnswerItem[]) => void) => Moderation<AnswerItem>) | undefined
  sink: Sink
  /** What the answer's last events tell. */
  tell: Tell
  usage: UsageCount
  timing(): Timing | undefined
  /** The upstream's error in mid-stream, as callers may read it. */
  errorOf(wire: WireError): ApiError
}

/** How the upstream's part ended. */
interface UpstreamEnd extends AnswerEnd {
  endBytes?: Uint8Array
  /** Whether the readers have been told: the upstream's own error went out. */
  told?: boolean
}

/** Rejects only where the sink's end does: what upstream, moderation and reader do is an end. */
export async function runAnswer(run: AnswerRun): Promise<AnswerEnd> {
  const { signal, abort, sink, tell, usage } = run
  const choices = openChoices()
  const moderation = run.moderate?.((items) => {
    try {
      for (const item of items) sink.write(item)
      void sink.flush()
    } catch (error) {
      abort(error instanceof ApiError ? error : new ApiError('internal_error', { cause: error }))
    }
  })
  void moderation?.ended.then(({ state }) => {
    if (state === 'flagged' || state === 'unavailable') abort(new ApiError('content_filter'))
  })
  const stop = () => endOf(signal.reason).state === 'stopped' && moderation?.stop()
  signal.addEventListener('abort', stop)
  try {
    const upstreamEnd = await readToEnd(run, choices, moderation)
    if (upstreamEnd.state === 'stopped') moderation?.stop()
    const outcome = await moderation?.end()
    const { end, closing, withdrawn } = judged(upstreamEnd, outcome, choices.open())
    const told = upstreamEnd.told === true && end === upstreamEnd
    const separate = tell !== 'record'
    const events = told
      ? []
      : run.reader.closing({
          ...closing,
          state: end.state,
          error: end.error && { error: end.error, separate },
          tell,
          usage: usage.usage,
          timing: run.timing(),
        })
    const endBytes = end.state === 'done' ? upstreamEnd.endBytes : undefined
    await sink.end({ ...end, events, endBytes, withdrawn })
    return end
  } finally {
    signal.removeEventListener('abort', stop)
    moderation?.stop()
  }
}

/** What the verdict on what was held makes of the answer's end. */
function judged(
  upstreamEnd: UpstreamEnd,
  outcome: Outcome | undefined,
  open: readonly number[],
): { end: AnswerEnd; closing: Pick<Closing, 'cut' | 'retract'>; withdrawn: number } {
  if (outcome === undefined || outcome.state === 'passed') {
    const cut = { choices: open, reason: 'length' as const }
    return {
      end: upstreamEnd,
      closing: upstreamEnd.state === 'budget' ? { cut } : {},
      withdrawn: 0,
    }
  }
  const { retract, withdrawn } = outcome
  // The caller left before the verdict: what was held is missing, whole as the upstream's part may be.
  if (outcome.state === 'stopped') return { end: { state: 'stopped' }, closing: { retract }, withdrawn }
  if (outcome.state === 'flagged') {
    const cut = { choices: outcome.open, reason: 'content_filter' as const }
    return { end: { state: 'moderated' }, closing: { cut, retract }, withdrawn }
  }
  const error = new ApiError('moderation_unavailable', { cause: outcome.why })
  return { end: { state: 'failed', error }, closing: { retract }, withdrawn }
}

async function readToEnd(
  run: AnswerRun,
  choices: OpenChoices,
  moderation: Moderation<AnswerItem> | undefined,
): Promise<UpstreamEnd> {
  const { chunks, format, signal, sink } = run
  const frames = createEventReader(MAX_EVENT_BYTES)
  let isReading = false
  try {
    for (;;) {
      isReading = true
      const bytes = await chunks.read()
      isReading = false
      if (bytes === undefined) break
      for (const frame of frames.push(bytes)) {
        const taken = take(frame, run, choices, moderation)
        if (taken instanceof Promise) await unlessAborted(taken, signal)
        else if (taken !== undefined) return taken
      }
      const room = sink.flush()
      if (room !== undefined) await unlessAborted(room, signal)
    }
    // The answer is whole where only the blank line after its end is missing.
    if (format.isUnterminatedEnd(frames.unfinished())) return { state: 'done' }
    return endOf(new ApiError('upstream_truncated'))
  } catch (error) {
    if (signal.aborted) return endOf(signal.reason)
    // What breaks off while it is read is the upstream's; any other failure is a sink's or an observer's.
    const isOurs = error instanceof ApiError || !isReading
    return endOf(isOurs ? error : new ApiError('upstream_truncated', { cause: error }))
  } finally {
    chunks.cancel()
  }
}

/** @returns the upstream's end, if this is it; a promise, if the next frame is to wait */
function take(
  { bytes, event: sse, tooLarge }: Frame,
  run: AnswerRun,
  choices: OpenChoices,
  moderation: Moderation<AnswerItem> | undefined,
): UpstreamEnd | undefined | Promise<void> {
  const { reader, observers, sink } = run
  if (sse === undefined) {
    const large = moderation === undefined ? sink.takes.largeEvents : 'refuse'
    if (tooLarge && large === 'refuse') throw new ApiError('stream_too_long')
    const passes = tooLarge ? large === 'pass' : sink.takes.otherBytes
    return passes ? show({ event: undefined, bytes }, sink, moderation) : undefined
  }
  const event = reader.read(sse)
  for (const observer of observers) observer.see(event)
  choices.see(event)
  if (event.kind === 'done') return { state: 'done', endBytes: bytes }
  if (event.kind === 'error') return takeError(event, bytes, run, moderation)
  if (event.kind === 'invalid' && !sink.takes.otherBytes) throw new ApiError('upstream_invalid')
  if (run.hidesUsage && event.usageAlone) return undefined
  if (event.kind === 'ignored' && !sink.takes.otherBytes) return undefined
  return show({ event, bytes }, sink, moderation)
}

function takeError(
  event: AnswerEvent,
  bytes: Uint8Array,
  { reader, sink, errorOf }: AnswerRun,
  moderation: Moderation<AnswerItem> | undefined,
): UpstreamEnd {
  const { error, chunkOfError } = event
  const end = endOf(errorOf(error as WireError))
  if (sink.takes.errors) {
    void show({ event, bytes }, sink, moderation)
    return { ...end, told: true }
  }
  if (chunkOfError !== undefined) {
    void show({ event: reader.read({ data: chunkOfError }), bytes }, sink, moderation)
  }
  return end
}

/** @returns when there is room for more, where that is not at once */
function show(
  item: AnswerItem,
  sink: Sink,
  moderation: Moderation<AnswerItem> | undefined,
): Promise<void> | undefined {
  if (moderation !== undefined) return moderation.push(item, item.event)
  sink.write(item)
  return undefined
}

interface OpenChoices extends Observer {
  /** The choices that have begun and not ended. */
  open(): number[]
}

function openChoices(): OpenChoices {
  const open = new Map<number, boolean>()
  return {
    see({ texts, finished }) {
      for (const { choice } of texts) if (!open.has(choice)) open.set(choice, true)
      for (const choice of finished) open.set(choice, false)
    },
    open: () => (open.size === 0 ? [0] : [...open].filter(([, isOpen]) => isOpen).map(([choice]) => choice)),
  }
}

/** @returns what `work` does; rejects with the signal's reason as soon as it aborts */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = () => reject(signal.reason)
    if (signal.aborted) return aborted()
    signal.addEventListener('abort', aborted)
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted))
  })
}
