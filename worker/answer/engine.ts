/**
 * THE ENGINE: reads an upstream's answer once, to its end. Each event is split off once, parsed once, shown
 * to the observers, passed through moderation and written to the sink. Every answer whose bytes must be
 * looked at goes through here: one with usage to hide or to add, a timed or moderated one, `/chat`, a
 * durable stream. Answers whose bytes stay unchanged go through delivery/native.ts.
 */
import { ApiError } from '../errors.ts'
import { forgetFrames } from '../forget-frames.ts'
import type { AnswerEvent, AnswerFormat, AnswerReader, Closing, Tell } from '../formats/answer-format.ts'
import { MAX_EVENT_BYTES } from '../limits.ts'
import type { Moderation, Outcome } from '../moderation/moderation.ts'
import { BLANK_LINE, EMPTY_COMMENT, encodeEvent, encodeSse, toBytes } from '../protocol/encode.ts'
import { createEventReader, type Frame, type SseEvent } from '../protocol/event-reader.ts'
import type { Timing, WireError } from '../protocol/wire.ts'
import { unlessAborted } from '../unless-aborted.ts'
import type { Chunks } from './chunks.ts'
import { type AnswerEnd, endOf } from './end.ts'
import type { UsageCount } from './usage.ts'

/** One item of the output: an event with its original bytes; or other bytes, such as a comment. */
export interface AnswerItem {
  event: AnswerEvent | undefined
  bytes: Uint8Array
}

export interface Observer {
  /** @throws {ApiError} to end the call */
  see(event: AnswerEvent): void
}

/** The destination of an answer. */
export interface Sink {
  /** Which kinds of events the sink accepts. */
  readonly takes: {
    /** Bytes that are no event of the answer: comments and pings. */
    otherBytes: boolean
    /**
     * What happens to events above `MAX_EVENT_BYTES`. Under moderation they are always refused, since they
     * can't be judged.
     */
    largeEvents: 'pass' | 'skip' | 'refuse'
  }
  /** @throws {ApiError} to end the call */
  write(item: AnswerItem): void
  /** Sends what was written. @returns when there is room for more; `undefined` if there is room now */
  flush(): Promise<void> | undefined
  /** Ends the output. @returns when all of it has gone out, or its reader has left */
  end(last: Last): Promise<void>
}

/** How an answer ends, for its sink. */
export interface Last extends AnswerEnd {
  /** The closing events. If the answer ends well, the format's own end is the last. */
  events: readonly SseEvent[]
  /** The bytes of the upstream's own end, if it is the last of `events`, unchanged. */
  endBytes: Uint8Array | undefined
  /** How many of the last written items contain text that readers take back. */
  withdrawn: number
}

export interface AnswerRun {
  format: AnswerFormat
  reader: AnswerReader
  chunks: Chunks
  /** The upstream call's signal. Its reason is an `ApiError`. */
  signal: AbortSignal
  abort(reason: ApiError): void
  observers: readonly Observer[]
  /** Whether events with nothing but usage are hidden from readers. */
  hidesUsage: boolean
  moderate: ((release: (items: AnswerItem[]) => void) => Moderation<AnswerItem>) | undefined
  sink: Sink
  /** What the closing events report. */
  tell: Tell
  usage: UsageCount
  timing(): Timing | undefined
  /** Called when the upstream's part is over, while held text may still be judged, and readers be behind. */
  onUpstreamEnd(end: AnswerEnd): void
  /** The upstream's error in mid-stream, in the form that callers may see. */
  errorOf(wire: WireError): ApiError
}

/** How the upstream's part of the answer ended. */
interface UpstreamEnd extends AnswerEnd {
  /** The upstream's own end, and the bytes it came in. */
  own?: { data: string; bytes: Uint8Array }
}

/**
 * Rejects only if the sink's `end` does. Failures of the upstream, moderation and readers are reported as an
 * end.
 */
export async function runAnswer(run: AnswerRun): Promise<AnswerEnd> {
  const { signal, abort, sink, tell, usage } = run
  const choices = openChoices()
  /** What was written, and may have to be withdrawn. */
  const ahead: AnswerItem[] = []
  const leaveAhead = (count: number) => {
    for (const { event } of ahead.splice(0, ahead.length - count)) if (event) run.reader.shown?.(event)
  }
  const moderation: Moderation<AnswerItem> | undefined = run.moderate?.((items) => {
    try {
      for (const item of items) {
        ahead.push(item)
        sink.write(item)
      }
      leaveAhead(moderation?.ahead ?? 0)
      void sink.flush()
    } catch (error) {
      abort(error instanceof ApiError ? error : new ApiError('internal_error', { cause: error }))
    }
  })
  void moderation?.ended.then(({ state }) => {
    if (state === 'flagged' || state === 'unavailable') abort(new ApiError('content_filter'))
  })
  let breaking: ReturnType<typeof setTimeout> | undefined
  const stop = () => {
    // Aborting the call should break its body off and so end a pending read. If it doesn't, this does.
    breaking = setTimeout(run.chunks.cancel)
    if (endOf(signal.reason).state === 'stopped') moderation?.stop()
  }
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  try {
    const upstreamEnd = await readToEnd(run, choices, moderation)
    run.onUpstreamEnd(upstreamEnd)
    if (upstreamEnd.state === 'stopped') moderation?.stop()
    const outcome = await moderation?.end()
    const { end, closing, withdrawn } = judged(upstreamEnd, outcome, choices.open())
    leaveAhead(withdrawn)
    for (const { event } of ahead) if (event) run.reader.withdrawn?.(event)
    const separate = tell !== 'record'
    const events = run.reader.closing({
      ...closing,
      state: end.state,
      error: end.error && { error: end.error, separate },
      tell,
      usage: usage.usage,
      timing: run.timing(),
    })
    // The bytes of a moderated answer's end could hold a comment.
    const own = end.state === 'done' && moderation === undefined ? upstreamEnd.own : undefined
    const endBytes = own?.data.trim() === events.at(-1)?.data ? own?.bytes : undefined
    await sink.end({ ...end, events, endBytes, withdrawn })
    return end
  } finally {
    signal.removeEventListener('abort', stop)
    if (breaking !== undefined) clearTimeout(breaking)
    moderation?.stop()
  }
}

/** Combines the upstream's end with moderation's verdict on the held text. */
function judged(
  upstreamEnd: UpstreamEnd,
  outcome: Outcome | undefined,
  open: readonly number[],
): { end: AnswerEnd; closing: Pick<Closing, 'cut' | 'retract'>; withdrawn: number } {
  if (outcome === undefined || outcome.state === 'passed') {
    const cut = { choices: open, reason: 'length' as const }
    const { own: _, ...end } = upstreamEnd
    return {
      end,
      closing: upstreamEnd.state === 'budget' ? { cut } : {},
      withdrawn: 0,
    }
  }
  const { retract, withdrawn } = outcome
  // The caller left before the verdict: the held text was not sent, even if the upstream's answer is whole.
  if (outcome.state === 'stopped') return { end: { state: 'stopped' }, closing: { retract }, withdrawn }
  if (outcome.state === 'flagged') {
    const cut = { choices: outcome.open, reason: 'content_filter' as const }
    return { end: { state: 'moderated' }, closing: { cut, retract }, withdrawn }
  }
  const error = new ApiError('moderation_unavailable', { notes: { cause: outcome.why } })
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
    if (signal.aborted) return endOf(signal.reason)
    // Only the blank line after the end is missing: the answer is whole.
    const isWhole = format.isUnterminatedEnd(frames.unfinished())
    for (const frame of isWhole ? frames.push(BLANK_LINE) : []) {
      const taken = take(frame, run, choices, moderation)
      // Its own bytes have no blank line, so it is written anew.
      if (taken !== undefined && !(taken instanceof Promise)) return { state: taken.state }
    }
    return endOf(new ApiError('upstream_truncated'))
  } catch (error) {
    forgetFrames(error)
    if (signal.aborted) return endOf(signal.reason)
    // A failure during a read is the upstream's; any other is a sink's or an observer's.
    const isOurs = error instanceof ApiError || !isReading
    return endOf(isOurs ? error : new ApiError('upstream_truncated', { cause: error }))
  } finally {
    chunks.cancel()
  }
}

/** @returns the upstream's end, if this frame is it; a promise, if the next frame has to wait */
function take(
  { bytes: own, event: sse, tooLarge }: Frame,
  run: AnswerRun,
  choices: OpenChoices,
  moderation: Moderation<AnswerItem> | undefined,
): UpstreamEnd | undefined | Promise<void> {
  const { reader, observers, sink } = run
  if (sse === undefined) {
    const large = moderation === undefined ? sink.takes.largeEvents : 'refuse'
    if (tooLarge && large === 'refuse') throw new ApiError('stream_too_long')
    const passes = tooLarge ? large === 'pass' : sink.takes.otherBytes
    return passes ? show({ event: undefined, bytes: own }, run, moderation) : undefined
  }
  const event = reader.read(sse)
  const bytes = event.data === sse.data ? own : bytesOf(event)
  for (const observer of observers) observer.see(event)
  choices.see(event)
  if (event.kind === 'done' && choices.hasBegun) {
    judgeEnd(event, run, moderation)
    return { state: 'done', own: { data: event.data, bytes } }
  }
  // An end without an answer before it is not the end of one.
  if (event.kind === 'done') return endOf(new ApiError('upstream_truncated'))
  if (event.kind === 'error') return takeError(event, run, moderation)
  if (event.kind === 'invalid' && !sink.takes.otherBytes) throw new ApiError('upstream_invalid')
  if (run.hidesUsage && event.usageAlone) return undefined
  if (event.kind === 'ignored' && !sink.takes.otherBytes) return undefined
  return show({ event, bytes }, run, moderation)
}

/** Some formats repeat the whole answer in their end. What no event before it said is judged as well. */
function judgeEnd(
  event: AnswerEvent,
  { reader }: AnswerRun,
  moderation: Moderation<AnswerItem> | undefined,
): void {
  if (moderation === undefined || event.texts.every(({ repeats }) => repeats)) return
  // It is written by `closing`, so it is nothing to release here.
  void moderation.push({ event: undefined, bytes: new Uint8Array() }, reader.judged(event))
}

/** The upstream's error is not written as it came: `end` reports what of it the caller may read. */
function takeError(
  event: AnswerEvent,
  run: AnswerRun,
  moderation: Moderation<AnswerItem> | undefined,
): UpstreamEnd {
  const { reader, errorOf } = run
  const { error, chunkOfError } = event
  if (chunkOfError !== undefined) {
    const bytes = toBytes(encodeEvent(chunkOfError))
    void show({ event: reader.read({ data: chunkOfError }), bytes }, run, moderation)
  }
  return endOf(errorOf(error as WireError))
}

/** @returns when there is room for more; `undefined` if there is room now */
function show(
  item: AnswerItem,
  { reader, sink }: AnswerRun,
  moderation: Moderation<AnswerItem> | undefined,
): Promise<void> | undefined {
  if (moderation === undefined) {
    if (item.event !== undefined) reader.shown?.(item.event)
    sink.write(item)
    return undefined
  }
  // Words in a comment are not judged. An empty comment in its place keeps the connection alive.
  if (item.event === undefined) return moderation.push({ event: undefined, bytes: EMPTY_COMMENT }, undefined)
  const event = reader.judged(item.event)
  return moderation.push({ event, bytes: bytesOf(event) }, event)
}

const bytesOf = ({ name, data }: AnswerEvent) => toBytes(encodeSse({ event: name, data }))

interface OpenChoices extends Observer {
  /** Whether any part of an answer has come. */
  readonly hasBegun: boolean
  /** Choices that have begun and not finished. */
  open(): number[]
}

function openChoices(): OpenChoices {
  const open = new Map<number, boolean>()
  let hasBegun = false
  return {
    get hasBegun() {
      return hasBegun
    },
    see({ kind, texts, finished }) {
      hasBegun ||= kind === 'chunk'
      for (const { choice } of texts) if (!open.has(choice)) open.set(choice, true)
      for (const choice of finished) open.set(choice, false)
    },
    open: () => (open.size === 0 ? [0] : [...open].filter(([, isOpen]) => isOpen).map(([choice]) => choice)),
  }
}
