/**
 * THE FLOW: upstream → stages → reader. Only the stages a request needs; none, where its bytes stay as they are.
 */
import { continued } from './bytes.ts'
import { ApiError } from './errors.ts'
import type { ChatCall } from './guard/body.ts'
import type { Deadlines } from './limits.ts'
import { feed } from './meter/feed.ts'
import type { Tokens } from './meter/record.ts'
import { createTally } from './meter/tally.ts'
import { judgeQuestion, type Moderating } from './moderation/moderating.ts'
import type { Outcome as Judged } from './moderation/moderation.ts'
import { judgeWhole as judgeAnswer } from './moderation/whole.ts'
import { type Carriage, type Carried, carry } from './relay/carry.ts'
import { deliver } from './relay/deliver.ts'
import { type Watched, watch } from './relay/watch.ts'
import { readEvent } from './sse/chunk.ts'
import { createEventReader } from './sse/decode.ts'
import { errorFrame, toBytes } from './sse/encode.ts'
import { bytesOfFrames, eventsOfFrames, type Frame, frames } from './sse/frames.ts'
import { moderation as moderate } from './stage/moderation.ts'
import { outputLimit } from './stage/output-limit.ts'
import { text } from './stage/text.ts'
import { timing } from './stage/timing.ts'
import { usage } from './stage/usage.ts'
import type { Counter } from './tokens/counter.ts'
import { counterFor } from './tokens/packed.ts'
import { type Answer, type Asked, askUpstream, type Call, createCall, reasonOf } from './upstream/call.ts'
import type { Upstream } from './upstream/upstream.ts'
import { type EndState, PLAIN_TEXT } from './wire.ts'

export interface Flow {
  upstream: Upstream
  moderation?: Moderating | undefined
  deadlines: Deadlines
  /** Aborts when the caller leaves. */
  caller: AbortSignal
  /** What was put aside for the answer, in tokens: one that grows beyond it is ended. */
  mostOutput?: number | undefined
  /** Counts the tokens of a call, off the path of its bytes. */
  count(
    request: Uint8Array,
    answer: Uint8Array | ReadableStream<Uint8Array>,
    stream: boolean,
  ): Promise<Tokens>
}

/** OpenAI's wire format: byte for byte as the upstream sends it, unless the caller asked for what it may not send, or it is moderated. */
export function relay(chat: ChatCall, flow: Flow): Promise<Outcome> {
  return converse(chat, flow, async (answer, call) => {
    if (!chat.stream) return whole(chat, flow, answer, call)
    const seen = observe(chat, flow, answer, call)
    const { watched } = seen
    const untouched = chat.wants === undefined && flow.moderation?.output === undefined
    const carried = untouched
      ? carry({ ...answer, ...call, watched })
      : await deliver(shown(chat, flow, answer, call, watched).pipeThrough(bytesOfFrames()), call, (error) =>
          toBytes(errorFrame(error.envelope())),
        )
    return { ...head(answer, answer.contentType), ...carried, ended: seen.account(carried.ended) }
  })
}

/** The answer's bare text, delta by delta. What was shown can't be taken back there, so what is moderated is held. */
export function plainText(chat: ChatCall, flow: Flow): Promise<Outcome> {
  return converse(chat, flow, async (answer, call) => {
    const seen = observe(chat, flow, answer, call)
    const carried = await deliver(
      shown(chat, flow, answer, call, seen.watched, { kind: 'hold' })
        .pipeThrough(eventsOfFrames())
        .pipeThrough(text())
        .pipeThrough(new TextEncoderStream()),
      call,
    )
    return { ...head(answer, PLAIN_TEXT), ...carried, ended: seen.account(carried.ended) }
  })
}

/** What of an answer's events may be shown. */
function shown(
  chat: ChatCall,
  { moderation }: Flow,
  answer: Answer,
  call: Call,
  watched: Watched,
  mode = moderation?.output,
): ReadableStream<Frame> {
  const all = told(chat, answer, watched)
  if (moderation?.output === undefined || mode === undefined) return all
  const { judge, unreachable } = moderation
  const onEnd = ({ state }: Judged) => {
    if (state === 'flagged') call.abort(new ApiError('content_filter'))
    if (state === 'unavailable') call.abort(new ApiError('moderation_unavailable'))
  }
  return all.pipeThrough(
    moderate({ judge, unreachable, mode, onEnd, ...(chat.wants === 'timing' && { tell: 'state' }) }),
  )
}

/** The events of an answer, with what the caller asked to be told: its usage, and its times. */
function told(
  chat: ChatCall,
  { first, asked, firstByte }: Answer,
  { toCaller }: Watched,
): ReadableStream<Frame> {
  const all = continued(first, toCaller).pipeThrough(frames())
  if (chat.wants === undefined) return all
  const tally = createTally(chat, counterFor(chat.model))
  const counted = all.pipeThrough(usage(tally, { mark: chat.wants === 'timing' }))
  return chat.wants === 'timing' ? counted.pipeThrough(timing({ asked, firstByte, now: Date.now })) : counted
}

/** Looks at a streamed answer from the side, and has its tokens counted. */
function observe(chat: ChatCall, flow: Flow, answer: Answer, call: Call) {
  const meter = feed((bytes) => flow.count(chat.bytes, bytes, true))
  const bound = flow.mostOutput && boundOutput(flow.mostOutput, counterFor(chat.model), call.abort)
  const watched = watch({
    ...answer,
    abort: call.abort,
    silenceMs: flow.deadlines.silence,
    observe(bytes) {
      meter.push(bytes)
      if (bound) bound(bytes)
    },
  })
  call.onLeave(watched.hurry)
  const counted = watched.ended.then(meter.end)
  const account = async (ended: Promise<Carriage>): Promise<Ended> => {
    const { end, bytes } = await ended
    watched.hurry()
    const tokens = await counted
    // A stage passes the upstream's own error on as what it is: an event. That is no whole answer.
    const failed = end === 'done' && watched.ending().state === 'failed'
    return { end: endedBy(call.signal) ?? (failed ? 'failed' : end), bytes, tokens }
  }
  return { watched, account }
}

/** Ends a call once its answer has more tokens than it may have: as soon as the tap sees it, which looks once a second. */
function boundOutput(most: number, counter: Counter, abort: Call['abort']): (bytes: Uint8Array) => void {
  const limit = outputLimit(most, counter)
  const events = createEventReader()
  return (bytes) => {
    try {
      for (const event of events.push(bytes)) limit.see(readEvent(event))
    } catch (error) {
      if (error instanceof ApiError) abort(error)
    }
  }
}

/** What the upstream has on offer, in OpenAI's list shape. */
export function upstreamModels(flow: Flow): Promise<Outcome> {
  return ask({ send: flow.upstream.models, stream: false }, flow, async (answer) => ({
    ...head(answer, answer.contentType),
    body: new Blob([answer.first]).stream(),
    ended: Promise.resolve({ end: 'done', bytes: answer.first.byteLength }),
  }))
}

/** An unstreamed answer: whole as it is, or without its words where they may not be shown. */
async function whole({ bytes }: ChatCall, flow: Flow, answer: Answer, call: Call): Promise<Delivery> {
  const { first } = answer
  const tokens = flow.count(bytes, first, false).catch(() => undefined)
  const judged = flow.moderation?.output && (await judgeWhole(first, flow.moderation, call.signal))
  const sent = judged ?? first
  const end = judged === undefined ? 'done' : 'moderated'
  const ended = tokens.then((counted): Ended => ({ end, bytes: sent.byteLength, tokens: counted }))
  return { ...head(answer, answer.contentType), body: new Blob([sent]).stream(), ended }
}

/** @returns what is sent in its place; `undefined`: it passed. @throws {ApiError} where nobody could judge it */
async function judgeWhole(
  answer: Uint8Array,
  moderation: Moderating,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const judged = await judgeAnswer(new TextDecoder().decode(answer), { ...moderation, signal })
  if (judged.state === 'passed') return undefined
  if (judged.state === 'flagged') return toBytes(JSON.stringify(judged.completion))
  throw new ApiError('moderation_unavailable', { cause: judged.why })
}

/** How the Worker itself ended an answer, where it did. */
function endedBy({ aborted, reason }: AbortSignal): EndState | undefined {
  if (!aborted || !(reason instanceof ApiError)) return undefined
  if (reason.code === 'content_filter') return 'moderated'
  return reason.code === 'budget_reached' ? 'budget' : undefined
}

/** An answer on its way to the caller. */
export interface Delivery extends Omit<Carried, 'ended'> {
  status: number
  headers: Record<string, string>
  ended: Promise<Ended>
}

export interface Ended extends Carriage {
  tokens?: Tokens | undefined
}

export interface Outcome {
  delivery: Delivery | ApiError
  /** How often the call was made again before its first byte. */
  retries: number
}

/** Asks the question, and has it judged on its way. */
function converse(chat: ChatCall, flow: Flow, hand: Hand): Promise<Outcome> {
  const { bytes, stream, messages } = chat
  const send = (signal: AbortSignal) => flow.upstream.chat(bytes, signal)
  const judge = (call: Call) => flow.moderation && judgeQuestion(messages, flow.moderation, call.signal)
  return ask({ send, stream }, flow, hand, judge)
}

type Hand = (answer: Answer, call: Call) => Promise<Delivery>

/** Makes the call and hands its answer on; whatever fails before the caller's first byte is an error with a status. */
async function ask(
  asked: Pick<Asked, 'send' | 'stream'>,
  { deadlines, caller }: Flow,
  hand: Hand,
  judge?: (call: Call) => Promise<ApiError | undefined> | undefined,
): Promise<Outcome> {
  const call = createCall(caller, deadlines.total)
  const verdict = judge?.(call)
  void verdict?.then((error) => error && call.abort(error))
  const { answer: begun, retries } = await askUpstream({ ...asked, call, deadlines })
  const answer = (await verdict) ?? begun
  let delivery: Delivery | ApiError
  try {
    delivery = answer instanceof ApiError ? answer : await hand(answer, call)
  } catch (error) {
    // A stage throws an `ApiError`; anything else is the upstream's connection breaking off.
    if (call.signal.aborted) delivery = reasonOf(call.signal)
    else delivery = error instanceof ApiError ? error : new ApiError('upstream_truncated', { cause: error })
    // Nobody will read the rest of it.
    call.abort(delivery)
  }
  const finished = delivery instanceof ApiError ? undefined : delivery.ended
  void Promise.resolve(finished).then(call.finished)
  return { delivery, retries }
}

function head({ status, headers }: Answer, contentType: string) {
  return { status, headers: { ...headers, 'content-type': contentType } }
}
