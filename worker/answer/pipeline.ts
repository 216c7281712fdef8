/**
 * THE FLOW: question → upstream → answer → caller, for callers whose connection is the call. An answer whose
 * bytes stay unchanged is piped natively; every other answer goes through the engine. No answer does both.
 */
import { type AnswerWork, type CallAccount, chargeOf, type Terms } from '../accounting/charge.ts'
import { createFeed } from '../accounting/feed.ts'
import { sender } from '../admission/bodies.ts'
import type { ChatCall } from '../admission/body.ts'
import { createHttpSink } from '../delivery/http-sink.ts'
import { pipeNative } from '../delivery/native.ts'
import { createResponseBody, type ResponseBody } from '../delivery/response-body.ts'
import { createTextSink, inWords } from '../delivery/text-sink.ts'
import { watch } from '../delivery/watch.ts'
import { ApiError } from '../errors.ts'
import type { FollowedFormat, Tell } from '../formats/answer-format.ts'
import type { Deadlines } from '../limits.ts'
import type { Moderating } from '../moderation/moderating.ts'
import { createModeration } from '../moderation/moderation.ts'
import { judgeQuestion } from '../moderation/question.ts'
import { judgeWhole } from '../moderation/whole.ts'
import { toBytes } from '../protocol/encode.ts'
import { parseJson } from '../protocol/json.ts'
import { type EndState, EVENT_STREAM, JSON_TYPE, PLAIN_TEXT, type WireError } from '../protocol/wire.ts'
import { counterFor } from '../tokens/packed.ts'
import { unlessAborted } from '../unless-aborted.ts'
import { askUpstream, type UpstreamResult } from '../upstreams/ask.ts'
import type { Answer, UpstreamRequest } from '../upstreams/attempt.ts'
import { type Call, createCall } from '../upstreams/call.ts'
import type { Route } from '../upstreams/hosts/host.ts'
import { type Candidate, plan } from '../upstreams/plan.ts'
import { errorInStream } from '../upstreams/refusal.ts'
import type { Upstreams } from '../upstreams/upstream.ts'
import type { UpstreamWords } from '../upstreams/words.ts'
import { gatheredChunks } from './chunks.ts'
import { type AnswerItem, runAnswer, type Sink } from './engine.ts'
import { outputLimit } from './output-limit.ts'
import { seeEvents } from './see-events.ts'
import { type IdObserver, seeId } from './see-id.ts'
import { endOnSilence } from './silence.ts'
import { createTimer } from './timing.ts'
import { type Counted, createUsageCount } from './usage.ts'
import { awaitVerdict } from './verdict.ts'

export interface Flow {
  upstreams: Upstreams
  /** What the caller may read of the upstreams' errors. */
  words: UpstreamWords
  deadlines: Deadlines
  moderation: Moderating
  /** Whether the caller must not see what an answer repeats of the owner's prompts and tools. */
  strips: boolean
  /** The deployment's limit for the answer's tokens: an answer that reaches it is ended. */
  mostOutput?: number | undefined
  /** By what a call is charged whose upstream did not count all that it made. */
  terms: Pick<Terms, 'output' | 'unseenPerSecond'>
  /** Aborts when the caller leaves. */
  clientGone: AbortSignal
  /** Called with the id by which an upstream keeps the answer, before the caller can know it. */
  onId(id: string, upstream: string | undefined): void
  /** Counts the tokens of an answer without delaying its bytes. */
  count(
    asked: Pick<ChatCall, 'format' | 'bytes' | 'model' | 'question' | 'tokens'>,
    answer: Uint8Array | ReadableStream<Uint8Array>,
    stream: boolean,
  ): Promise<Counted>
}

/** OpenAI's wire format: the upstream's bytes, unless something is added, hidden or judged. */
export function relay(chat: ChatCall, flow: Flow): Promise<Outcome> {
  return converse(asChat(chat, flow), flow, (answer, call) => {
    if (!chat.stream) return whole(chat, flow, answer)
    const { moderation, mostOutput, words } = flow
    // Most upstreams send the usage that is asked for.
    const tell = chat.wants === 'usage' && !answer.upstream.fillsUsage ? undefined : chat.wants
    const asked = tell === undefined && !chat.hidesUsage
    const shown = !flow.strips || chat.format.answers.stripped === undefined
    const allowed = shown && !moderation.output && mostOutput === undefined && words.pass
    // What an upstream refuses with status 200 is its first event, and is cleaned. A later error is passed
    // on.
    const staysAsItIs = asked && allowed && !chat.format.answers.mayLackAnswer(answer.first)
    if (staysAsItIs) return unchanged(chat, flow, answer, call)
    const sinkOf = (body: ResponseBody) => createHttpSink(body, words.pass)
    return throughEngine(chat, flow, answer, call, { tell, contentType: EVENT_STREAM, sinkOf })
  })
}

/** The answer's bare text, delta by delta. */
export function plainText(chat: ChatCall, flow: Flow): Promise<Outcome> {
  // A terminal can't take text back, so text is held until it has passed.
  const holding: Flow = { ...flow, moderation: { ...flow.moderation, mode: { kind: 'hold' } } }
  return converse(asChat(chat, flow), flow, (answer, call) =>
    throughEngine(chat, holding, answer, call, {
      tell: undefined,
      contentType: PLAIN_TEXT,
      sinkOf: (body, lastLine) => createTextSink(body, chat.wants === 'timing' ? lastLine : () => undefined),
    }),
  )
}

/**
 * An answer that the upstream keeps belongs to the caller who asked for it. A caller who must not see all of
 * it can't read it there.
 */
function idObserver(
  { format, question }: ChatCall,
  { onId, strips }: Pick<Flow, 'onId' | 'strips'>,
  { upstream }: Answer,
): IdObserver {
  const isOwned = question.store === true && !strips
  return seeId(isOwned ? format : {}, (id) => onId(id, upstream.name))
}

function unchanged(chat: ChatCall, flow: Flow, answer: Answer, call: Call): Handed {
  const feed = createFeed((bytes) => flow.count(chat, bytes, true))
  const ids = idObserver(chat, flow, answer)
  const seeIds = seeEvents({ read: (event) => event }, ids)
  const observe = (bytes: Uint8Array) => {
    if (!ids.isDone) seeIds(bytes)
    feed.push(bytes)
  }
  const { format, bytes: question } = chat
  const looking = { question, format: format.answers, type: EVENT_STREAM, observe, counting: feed.end }
  return native(looking, flow, answer, call)
}

/** What looks at an answer whose bytes stay as they are. */
interface Looking {
  /** The body that was sent. */
  question: Uint8Array
  format: FollowedFormat
  /** The content type that the caller is told. */
  type: string
  observe(bytes: Uint8Array): void
  /** Called once all was observed. */
  counting?(): Promise<Counted | undefined>
}

export function native(
  { question, format, type, observe, counting }: Looking,
  flow: Flow,
  answer: Answer,
  call: Call,
): Required<Handed> {
  const { abort } = call
  const watched = watch({ ...answer, format, abort, silenceMs: flow.deadlines.silence, observe })
  call.onLeave(watched.drainNow)
  const working = watched.ended.then(() => Date.now() - answer.asked)
  const counted = watched.ended.then(() => counting?.())
  const errorOf = (wire: WireError) => errorInStream(wire, { question, ...flow, ...answer })
  const { body, ended } = pipeNative({ ...answer, ...call, format, watched, errorOf })
  return {
    delivery: { ...head(answer, type), body },
    ended: ended.then(async ({ state: end, bytes, error }) => {
      watched.drainNow()
      const work = { isWhole: end === 'done', ms: await working, counted: await counted }
      return { ...work, end, bytes, error, firstToken: watched.firstToken }
    }),
  }
}

interface Delivering {
  tell: Tell
  contentType: string
  sinkOf(body: ResponseBody, lastLine: () => string): Sink
}

/** Waits for the first bytes to send, so that a failure before them can be an HTTP status. */
async function throughEngine(
  chat: ChatCall,
  { moderation, mostOutput, deadlines, clientGone, words, strips, onId }: Flow,
  answer: Answer,
  call: Call,
  { tell, contentType, sinkOf }: Delivering,
): Promise<Handed> {
  const format = chat.format.answers
  const counter = counterFor(chat.model)
  const promptTokens = () => chat.tokens.prompt ?? chat.question.promptTokens(chat.model, counter)
  const usage = createUsageCount(promptTokens, counter)
  const timer = createTimer(Date.now)
  const timing = () => timer.measure(answer, usage.usage().usage)
  const limit = mostOutput === undefined ? [] : [outputLimit(mostOutput, counter)]
  const body = createResponseBody(clientGone, () => call.leave(new ApiError('caller_left')))
  const chunks = gatheredChunks(answer.first, answer.rest, { now: Date.now })
  const silence = endOnSilence(chunks, deadlines.silence, call.abort)
  call.onLeave(chunks.hurry)
  const { input: _, output, ...how } = moderation
  const work = { isWhole: false, ms: 0 }
  const running = runAnswer({
    format,
    reader: format.reader(chat.model, { strips }),
    chunks: silence.chunks,
    signal: call.signal,
    abort: call.leave,
    observers: [usage, timer, idObserver(chat, { onId, strips }, answer), ...limit],
    hidesUsage: chat.hidesUsage || tell === 'timing',
    moderate: output ? (release) => createModeration<AnswerItem>({ ...how, release }) : undefined,
    sink: sinkOf(body, () => `\n\n${inWords(usage.usage().usage, timing())}\n`),
    tell,
    usage,
    timing: () => (chat.wants === 'timing' ? timing() : undefined),
    onUpstreamEnd({ state }) {
      work.isWhole = state === 'done'
      work.ms = Date.now() - answer.asked
    },
    errorOf: (wire) => errorInStream(wire, { words, question: chat.bytes, ...answer }, output),
  }).finally(silence.stop)
  const ended = running.then(({ state, error }) => ({
    ...work,
    end: state,
    error,
    firstToken: timer.firstToken,
    bytes: body.bytes,
    counted: usage.counted(),
  }))
  await Promise.race([body.begun, running])
  if (body.hasBegun) return { delivery: { ...head(answer, contentType), body: body.readable }, ended }
  const { state, error } = await running
  const flagged = new ApiError('content_filter', { message: 'The answer was flagged by moderation.' })
  const left = new ApiError('caller_left')
  return { delivery: error ?? (state === 'moderated' ? flagged : left), ended }
}

/** An unstreamed answer, unchanged. A moderated one is built anew, with what was judged or without words. */
async function whole(chat: ChatCall, flow: Flow, answer: Answer): Promise<Handed> {
  const { first, asked, firstByte } = answer
  const ids = idObserver(chat, flow, answer)
  if (!ids.isDone) ids.see({ data: new TextDecoder().decode(first) })
  const counting = flow.count(chat, first, false).catch(() => undefined)
  const work = { isWhole: true, ms: firstByte - asked }
  const account = async (end: EndState, bytes: number) => ({ ...work, end, bytes, counted: await counting })
  const send = (bytes: Uint8Array, end: EndState): Handed => ({
    delivery: { ...head(answer, JSON_TYPE), body: new Blob([bytes]).stream() },
    ended: account(end, bytes.byteLength),
  })
  const format = chat.format.answers
  const strip = flow.strips ? format.stripped : undefined
  if (!flow.moderation.output && strip === undefined) return send(first, 'done')
  const came = parseJson(new TextDecoder().decode(first))
  const json = strip === undefined ? came : strip(came)
  const written = (value: unknown) => toBytes(JSON.stringify(value))
  if (!flow.moderation.output) return send(written(json), 'done')
  const judged = format.judgedWhole(json, chat.model)
  const signal = flow.clientGone
  const judging = judgeWhole(judged.texts, { ...flow.moderation, signal })
  const verdict = await unlessAborted(judging, signal).catch(() => undefined)
  if (verdict === undefined || signal.aborted) {
    return { delivery: new ApiError('caller_left'), ended: account('stopped', 0) }
  }
  if (verdict.kind === 'unavailable') {
    const error = new ApiError('moderation_unavailable', { notes: { cause: verdict.why } })
    return { delivery: error, ended: account('failed', 0) }
  }
  return verdict.kind === 'passed'
    ? send(written(judged.json), 'done')
    : send(written(format.emptied(json)), 'moderated')
}

interface Head {
  status: number
  headers: Record<string, string>
}

/** An answer that is being sent to the caller. */
interface Delivery extends Head {
  body: ReadableStream<Uint8Array>
}

/** What became of an answer that had begun. Without an `end` none of it was sent: then the error tells. */
interface Ended extends AnswerWork, Omit<CallAccount, 'tokens' | 'charged'> {}

interface Handed {
  delivery: Delivery | ApiError
  /** Never rejects. `undefined`: no answer had begun. */
  ended?: Promise<Ended>
}

export interface Outcome {
  delivery: Delivery | ApiError
  /** Never rejects. */
  ended: Promise<CallAccount>
  /** What the log says of the call; `undefined`: that isn't known yet. */
  notes?: UpstreamResult['notes']
}

/** What is asked, in any format. */
interface Asked
  extends Pick<ChatCall, 'bytes' | 'model' | 'tokens'>,
    Pick<UpstreamRequest, 'stream' | 'passes'> {
  route: Route
  at?: string | undefined
  question: Pick<ChatCall['question'], 'judgedTexts' | 'promptTokens'>
  senderFor(candidates: readonly Candidate[]): UpstreamRequest['send']
  count(answer: Uint8Array | ReadableStream<Uint8Array>, stream: boolean): Promise<Counted>
}

const asChat = (chat: ChatCall, { count }: Flow): Asked => ({
  ...chat,
  route: chat.format.name,
  stream: chat.stream ? chat.format.answers : undefined,
  senderFor: (candidates) => sender(chat.format, chat.bytes, candidates),
  count: (answer, stream) => count(chat, answer, stream),
})

/**
 * Makes the call and passes its answer on. A failure before the caller's first byte is an error with a
 * status.
 */
export async function converse(
  chat: Asked,
  flow: Flow,
  hand: (answer: Answer, call: Call) => Handed | Promise<Handed>,
): Promise<Outcome> {
  const { upstreams, deadlines, clientGone, moderation, words } = flow
  const call = createCall(clientGone, deadlines.total)
  // The verdict and the call run in parallel: a flagged question aborts the call.
  const judged = moderation.input
    ? judgeQuestion(chat.question.judgedTexts(moderation.ownersPrompt, moderation.ownersTools), {
        ...moderation,
        signal: call.signal,
      })
    : undefined
  void judged?.then((refusal) => refusal && call.leave(refusal))
  const { route, bytes: question, model, at, senderFor, stream, passes } = chat
  const candidates = plan(upstreams, { model, route, at })
  const { rests } = upstreams
  const send = senderFor(candidates)
  const asked = await askUpstream({
    candidates,
    rests,
    send,
    stream,
    passes,
    isJudged: moderation.output,
    call,
    deadlines,
    words,
    question,
  })

  async function answered({ answer, unstreamed }: UpstreamResult): Promise<Handed> {
    if (answer instanceof ApiError) {
      const ended = unstreamed && notShown(chat.count(unstreamed.body, false), unstreamed.ms)
      return { delivery: answer, ...(ended && { ended }) }
    }
    const feed = createFeed((bytes) => chat.count(bytes, chat.stream !== undefined))
    const refusal = await awaitVerdict(judged, answer, call, feed.push)
    if (refusal === undefined) return hand(answer, call)
    return { delivery: refusal, ended: notShown(feed.end(), Date.now() - answer.asked) }
  }

  const { delivery, ended = Promise.resolve(undefined) } = await answered(asked)
  void ended.then(call.finished)
  return { delivery, notes: asked.notes, ended: ended.then((it) => accountOf(chat, flow, asked, it)) }
}

/** What became of an answer of which nothing was sent. */
async function notShown(counting: Promise<Counted | undefined>, ms: number): Promise<Ended> {
  return { isWhole: false, ms, counted: await counting.catch(() => undefined) }
}

function accountOf(
  { model, question, tokens }: Asked,
  { terms }: Flow,
  { lost }: UpstreamResult,
  answer: Ended | undefined,
): CallAccount {
  const counted = answer?.counted?.tokens
  const promptTokens = () =>
    tokens.prompt ?? counted?.prompt_tokens ?? question.promptTokens(model, counterFor(model))
  const { end, bytes, error, firstToken } = answer ?? {}
  return {
    end,
    bytes,
    error,
    firstToken,
    tokens: counted,
    charged: chargeOf({ lost, answer }, { ...terms, promptTokens }),
  }
}

function head({ status, headers }: Answer, contentType: string): Head {
  return { status, headers: { ...headers, 'content-type': contentType } }
}
