/**
 * THE FLOW: upstream → stages → reader. Only the stages a request needs; none, where its bytes stay as they are.
 */

import { feed } from '../accounting/feed.ts'
import type { Tokens } from '../accounting/record.ts'
import { createTally } from '../accounting/tally.ts'
import type { ChatCall } from '../admission/body.ts'
import { continued } from '../bytes.ts'
import { deliver, stateOf } from '../delivery/deliver.ts'
import { type Carriage, type Carried, carry } from '../delivery/native.ts'
import { text } from '../delivery/text.ts'
import { type Watched, watch } from '../delivery/watch.ts'
import { ApiError } from '../errors.ts'
import { readEvent } from '../formats/chat-completions/read-event.ts'
import type { Deadlines } from '../limits.ts'
import type { Moderating } from '../moderation/moderating.ts'
import type { Outcome as Judged } from '../moderation/moderation.ts'
import { judgeQuestion } from '../moderation/question.ts'
import { judgeWhole } from '../moderation/whole.ts'
import { createEventReader } from '../protocol/decode.ts'
import { errorFrame, toBytes } from '../protocol/encode.ts'
import { bytesOfFrames, eventsOfFrames, type Frame, frames } from '../protocol/frames.ts'
import { type ChatMessage, type EndState, PLAIN_TEXT } from '../protocol/wire.ts'
import type { Counter } from '../tokens/counter.ts'
import { counterFor } from '../tokens/packed.ts'
import { type Answer, type Asked, askUpstream, type Call, createCall, reasonOf } from '../upstreams/call.ts'
import type { Upstream } from '../upstreams/upstream.ts'
import { moderation } from './moderation.ts'
import { outputLimit } from './output-limit.ts'
import { timing } from './timing.ts'
import { usage } from './usage.ts'
import { withoutUsage } from './without-usage.ts'

export interface Flow {
  upstream: Upstream
  deadlines: Deadlines
  moderation: Moderating
  /** What was put aside for the answer, in tokens: one that grows beyond it is ended. */
  mostOutput?: number | undefined
  /** Aborts when the caller leaves. */
  caller: AbortSignal
  /** Counts the tokens of a call, off the path of its bytes. */
  count(
    asked: Pick<ChatCall, 'bytes' | 'tokens'>,
    answer: Uint8Array | ReadableStream<Uint8Array>,
    stream: boolean,
  ): Promise<Tokens>
}

/** OpenAI's wire format: byte for byte as the upstream sends it, unless something is to be added, or moderated. */
export function relay(chat: ChatCall, flow: Flow): Promise<Outcome> {
  return converse(asking(chat, flow), flow, async (answer, call) => {
    if (!chat.stream) return whole(chat, flow, answer)
    const seen = observe(chat, flow, answer, call)
    const carried =
      chat.wants === undefined && !chat.hidesUsage && !flow.moderation.output
        ? carry({ ...answer, ...call, watched: seen.watched })
        : deliver(told(chat, flow, answer, seen).pipeThrough(bytesOfFrames()), call, (error) =>
            toBytes(errorFrame(error.envelope())),
          )
    return handOver(carried, head(answer, answer.contentType), seen, call)
  })
}

/** The answer's bare text, delta by delta. */
export function plainText(chat: ChatCall, flow: Flow): Promise<Outcome> {
  return converse(asking(chat, flow), flow, async (answer, call) => {
    const seen = observe(chat, flow, answer, call)
    // Nothing can be taken back from a terminal.
    const holding: Flow = { ...flow, moderation: { ...flow.moderation, mode: { kind: 'hold' } } }
    const stream = told(chat, holding, answer, seen, 'state')
      .pipeThrough(eventsOfFrames())
      .pipeThrough(text())
      .pipeThrough(new TextEncoderStream())
    return handOver(deliver(stream, call), head(answer, PLAIN_TEXT), seen, call)
  })
}

/** What goes out, and its account: one too where nothing goes out, since the answer was made all the same. */
async function handOver(
  carried: Carried | Promise<Carried>,
  head: Head,
  seen: Seen,
  call: Call,
): Promise<Handed> {
  try {
    const { body, ended } = await carried
    return { delivery: { ...head, body }, ended: seen.account(ended) }
  } catch (thrown) {
    const error = seen.refused()?.error ?? errorOf(thrown, call)
    call.leave(error)
    return { delivery: error, ended: seen.account(Promise.resolve({ end: stateOf(error), bytes: 0 })) }
  }
}

/** The events of an answer, as far as they may be shown, with what the caller asked to be told: its usage, and its times. */
function told(
  chat: ChatCall,
  flow: Flow,
  { first, asked, firstByte }: Answer,
  { watched, judged }: Seen,
  tell?: 'state',
): ReadableStream<Frame> {
  let events = continued(first, watched.toCaller).pipeThrough(frames())
  if (chat.hidesUsage) events = events.pipeThrough(withoutUsage())
  const tally = chat.wants && createTally(chat, counterFor(chat.model))
  if (tally) events = events.pipeThrough(usage(tally, { mark: chat.wants === 'timing' }))
  if (flow.moderation.output) {
    events = events.pipeThrough(moderation({ ...flow.moderation, tell: tally?.usage ?? tell, onEnd: judged }))
  }
  return chat.wants === 'timing' ? events.pipeThrough(timing({ asked, firstByte, now: Date.now })) : events
}

interface Seen {
  watched: Watched
  /** Told how the moderation of the answer ended. */
  judged(outcome: Judged): void
  /** Why the rest of the answer is not shown, where moderation says so. */
  refused(): { end: EndState; error: ApiError } | undefined
  account(ended: Promise<Carriage>): Promise<Ended>
}

/** Looks at a streamed answer from the side, and has its tokens counted. */
function observe(chat: ChatCall, flow: Flow, answer: Answer, call: Call): Seen {
  const meter = feed((bytes) => flow.count(chat, bytes, true))
  const { mostOutput: most } = flow
  const bound = most === undefined ? undefined : boundOutput(most, counterFor(chat.model), call.abort)
  const watched = watch({
    ...answer,
    abort: call.abort,
    silenceMs: flow.deadlines.silence,
    observe(bytes) {
      meter.push(bytes)
      bound?.(bytes)
    },
  })
  call.onLeave(watched.hurry)
  const counted = watched.ended.then(meter.end)
  let refused: ReturnType<Seen['refused']>
  return {
    watched,
    judged(outcome) {
      refused = refusalOf(outcome)
      if (refused !== undefined) call.leave(refused.error)
    },
    refused: () => refused,
    async account(ended) {
      const { end, bytes } = await ended
      watched.hurry()
      const tokens = await counted
      if (refused !== undefined) return { end: refused.end, bytes, tokens }
      // A stage passes the upstream's own error on as what it is: an event. That is no whole answer.
      return { end: end === 'done' && watched.ending().state === 'failed' ? 'failed' : end, bytes, tokens }
    },
  }
}

function refusalOf(outcome: Judged): ReturnType<Seen['refused']> {
  if (outcome.state === 'flagged') {
    const message = 'The answer was flagged by moderation.'
    return { end: 'moderated', error: new ApiError('content_filter', { message }) }
  }
  if (outcome.state !== 'unavailable') return undefined
  return { end: 'failed', error: new ApiError('moderation_unavailable', { cause: outcome.why }) }
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
  const ask = { send: flow.upstream.models, stream: false }
  return converse(ask, flow, async (answer) => ({
    delivery: { ...head(answer, answer.contentType), body: new Blob([answer.first]).stream() },
    ended: Promise.resolve({ end: 'done', bytes: answer.first.byteLength }),
  }))
}

/** An unstreamed answer, whole as it is; or without its words, where moderation says so. */
async function whole(chat: ChatCall, flow: Flow, answer: Answer): Promise<Handed> {
  const { first } = answer
  const judged = flow.moderation.output
    ? await judgeWhole(new TextDecoder().decode(first), { ...flow.moderation, signal: flow.caller })
    : undefined
  const tokens = flow.count(chat, first, false).catch(() => undefined)
  const account = async (carriage: Carriage): Promise<Ended> => ({ ...carriage, tokens: await tokens })
  if (judged?.state === 'unavailable') {
    const error = new ApiError('moderation_unavailable', { cause: judged.why })
    return { delivery: error, ended: account({ end: 'failed', bytes: 0 }) }
  }
  const flagged = judged?.state === 'flagged'
  const sent = flagged ? toBytes(JSON.stringify(judged.completion)) : first
  return {
    delivery: { ...head(answer, answer.contentType), body: new Blob([sent]).stream() },
    ended: account({ end: flagged ? 'moderated' : 'done', bytes: sent.byteLength }),
  }
}

interface Head {
  status: number
  headers: Record<string, string>
}

/** An answer on its way to the caller. */
interface Delivery extends Head {
  body: ReadableStream<Uint8Array>
}

interface Ended extends Carriage {
  tokens?: Tokens | undefined
}

interface Handed {
  delivery: Delivery | ApiError
  /** Of an answer that had begun, whether or not anything of it went out. */
  ended?: Promise<Ended>
}

export interface Outcome extends Handed {
  /** How often the call was made again before its first byte. */
  retries: number
}

interface Asking extends Pick<Asked, 'send' | 'stream'> {
  /** To be judged, if questions are. */
  messages?: readonly ChatMessage[]
}

const asking = ({ bytes, stream, messages }: ChatCall, { upstream }: Flow): Asking => ({
  send: (signal) => upstream.chat(bytes, signal),
  stream,
  messages,
})

/** Makes the call and hands its answer on; whatever fails before the caller's first byte is an error with a status. */
async function converse(
  { messages, ...ask }: Asking,
  { deadlines, caller, moderation }: Flow,
  hand: (answer: Answer, call: Call) => Promise<Handed>,
): Promise<Outcome> {
  const call = createCall(caller, deadlines.total)
  // Beside the call, not before it: a question that is flagged ends it.
  const judged =
    moderation.input && messages ? judgeQuestion(messages, { ...moderation, signal: call.signal }) : undefined
  void judged?.then((refusal) => refusal && call.abort(refusal))
  const asked = await askUpstream({ ...ask, call, deadlines })
  const { retries } = asked
  const answer = asked.answer instanceof ApiError ? asked.answer : ((await judged) ?? asked.answer)
  const handed = answer instanceof ApiError ? { delivery: answer } : await hand(answer, call)
  void Promise.resolve(handed.ended).then(call.finished)
  return { ...handed, retries }
}

/** A stage throws an `ApiError`; anything else is the upstream's connection breaking off. */
function errorOf(thrown: unknown, { signal }: Call): ApiError {
  if (signal.aborted) return reasonOf(signal)
  return thrown instanceof ApiError ? thrown : new ApiError('upstream_truncated', { cause: thrown })
}

function head({ status, headers }: Answer, contentType: string): Head {
  return { status, headers: { ...headers, 'content-type': contentType } }
}
