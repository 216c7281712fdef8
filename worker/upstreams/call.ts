/**
 * One call to the upstream, up to its first byte: deadlines, retries, refusals. The result is an answer that
 * has begun, or an error with a status. Once an answer has begun nothing is tried again.
 */

import { readAtMost } from '../bytes.ts'
import { ApiError, type ErrorCode } from '../errors.ts'
import { type Deadlines, LEAVE_GRACE_MS, MAX_JSON_ANSWER_BYTES } from '../limits.ts'
import { parseJson } from '../protocol/json.ts'
import { sleep } from '../sleep.ts'
import { unlessAborted } from '../unless-aborted.ts'
import { unreached } from '../unreached.ts'
import { mayHaveCost } from './cost.ts'
import { isAnswer } from './error-body.ts'
import { passedHeaders } from './headers.ts'
import { type Asker, errorInSuccess, type Refusal, readRefusal } from './refusal.ts'
import { type Failure, retryDelay } from './retry.ts'
import type { TakeTurn } from './turns.ts'
import type { UpstreamWords } from './words.ts'

/** An answer that has begun. */
export interface Answer {
  status: number
  /** The upstream's headers that reach the caller. */
  headers: Record<string, string>
  /** The first chunk. It was waited for, so that a failure before it can still be a status. */
  first: Uint8Array
  rest: ReadableStream<Uint8Array>
  /** When the last attempt was made, and when its first byte came: milliseconds since the epoch. */
  asked: number
  firstByte: number
}

export interface Call {
  /** Aborts with the upstream's connection; its `reason` is an `ApiError` that says why. */
  readonly signal: AbortSignal
  abort(reason: ApiError): void
  /** Aborts the call once what had arrived was read, so that it is accounted for. */
  leave(reason: ApiError): void
  /** Sets what is done just before `leave` aborts the call; at once, if it is about to. */
  onLeave(drain: (reason: ApiError) => void): void
  /** Ends the deadline of the whole. To be called at the answer's end. */
  finished(): void
}

/** @param caller aborts when the caller leaves, and then so does the call */
export function createCall(caller: AbortSignal, totalMs: number): Call {
  const controller = new AbortController()
  const abort = (reason: ApiError) => controller.abort(reason)
  const timer = setTimeout(() => abort(new ApiError('upstream_total_timeout')), totalMs)
  let drain: ((reason: ApiError) => void) | undefined
  let leaving: ApiError | undefined
  const leave = (reason: ApiError) => {
    if (drain === undefined) return abort(reason)
    leaving ??= reason
    drain(leaving)
    setTimeout(() => abort(reason), LEAVE_GRACE_MS)
  }
  const left = () => leave(new ApiError('caller_left'))
  const onLeave: Call['onLeave'] = (work) => {
    drain = work
    if (leaving !== undefined) work(leaving)
  }
  const finished = () => {
    clearTimeout(timer)
    caller.removeEventListener('abort', left)
  }
  if (caller.aborted) left()
  caller.addEventListener('abort', left)
  return { signal: controller.signal, abort, leave, onLeave, finished }
}

export interface UpstreamRequest extends Asker {
  /** The host that `send` calls: for the log. */
  host: string
  send(signal: AbortSignal): Promise<Response>
  /** Whether the answer is to be read as it comes, or whole. */
  stream: boolean
  call: Call
  deadlines: Deadlines
  /** Each attempt waits for it, and holds it until its headers have come. `undefined`: there is no need to. */
  takeTurn?: TakeTurn | undefined
}

export interface UpstreamResult {
  /** The answer, or why there is none. */
  answer: Answer | ApiError
  /** How often it was tried again. */
  retries: number
  /** How long each attempt worked that ended without an answer and may have cost tokens, in milliseconds. */
  lost: readonly number[]
  /**
   * An answer that came whole where a stream was asked for. It has cost tokens, and may say how many.
   */
  unstreamed?: { body: Uint8Array; ms: number }
}

export async function askUpstream(request: UpstreamRequest): Promise<UpstreamResult> {
  const result = await attempts(request)
  // A durable stream's caller is in another object: the error carries what its line of the log says.
  if (result.answer instanceof ApiError) Object.assign(result.answer.notes, { retries: result.retries })
  return result
}

async function attempts(request: UpstreamRequest): Promise<UpstreamResult> {
  const { signal } = request.call
  const lost: number[] = []
  for (let retries = 0; ; retries++) {
    if (signal.aborted) return { answer: reasonOf(signal), retries, lost }
    const sent: Sent = {}
    const outcome = await attempt(request, sent)
    // A call that was not made has cost nothing.
    if (sent.at === undefined) return { answer: outcome as ApiError, retries, lost }
    const ms = Date.now() - sent.at
    if (outcome instanceof NotStreamed) {
      return { answer: outcome.error, retries, lost, unstreamed: { body: outcome.body, ms } }
    }
    if (outcome instanceof ApiError) lost.push(ms)
    if (!(outcome instanceof AttemptFailed)) return { answer: outcome, retries, lost }
    if (mayHaveCost(outcome.status, ms)) lost.push(ms)
    const delay = retryDelay(outcome.failure, retries, Math.random(), Date.now())
    if (delay === undefined) return { answer: outcome.error, retries, lost }
    await sleep(delay, signal)
  }
}

/** When an attempt was made, in milliseconds since the epoch: until then it waits for its turn. */
interface Sent {
  at?: number
}

/** A failure that another attempt may mend, if `retryDelay` says so. */
class AttemptFailed {
  readonly error: ApiError
  /** The upstream's own, which for an error in a success is not the one that the error names. */
  readonly status: Failure['status']
  readonly failure: Failure
  constructor(
    { error, status }: { error: ApiError; status: Failure['status'] },
    response?: Pick<Response, 'status' | 'headers'>,
  ) {
    this.error = error
    this.status = response?.status ?? status
    const headers = response?.headers ?? new Headers()
    this.failure = { status, headers, code: error.envelope().error.code }
  }
}

/** An answer that came whole where a stream was asked for. */
class NotStreamed {
  readonly error = new ApiError('upstream_invalid', {
    message: 'The upstream did not answer a streaming request with an event stream.',
  })
  readonly body: Uint8Array
  constructor(body: Uint8Array) {
    this.body = body
  }
}

async function attempt(
  request: UpstreamRequest,
  sent: Sent,
): Promise<Answer | ApiError | AttemptFailed | NotStreamed> {
  const { call, deadlines, host, stream } = request
  let begun = false
  try {
    // An unstreamed answer's headers come with its last word, so only the whole has a deadline there.
    const connect = stream ? deadlines.connect : deadlines.total
    const response = await within(connect, 'upstream_connect_timeout', call, sendInTurn(request, sent))
    if (!response.ok) {
      return new AttemptFailed(await unlessAborted(readRefusal(response, request), call.signal), response)
    }
    // From here on the model is at work, and asking again would be paid again.
    begun = true
    const beginning = stream ? beginStream(response, request) : readWhole(response, request)
    const answer = await unlessAborted(beginning, call.signal)
    if (answer instanceof ApiError || answer instanceof NotStreamed) return answer
    if ('error' in answer) return new AttemptFailed(answer, response)
    return { ...answer, asked: sent.at as number, firstByte: Date.now() }
  } catch (cause) {
    if (call.signal.aborted) return reasonOf(call.signal)
    if (cause instanceof ApiError) return cause
    if (begun) return new ApiError('upstream_truncated', { cause })
    return new AttemptFailed({
      error: new ApiError('upstream_unreachable', {
        cause,
        notes: unreached(host, 'OPENAI_BASE_URL', cause),
      }),
      status: 'unreachable',
    })
  }
}

/** Sends at once if there is nothing to wait for. */
async function sendInTurn({ call, send, takeTurn }: UpstreamRequest, sent: Sent): Promise<Response> {
  const taking = takeTurn?.(call.signal)
  const turn = taking instanceof Promise ? await taking : taking
  if (turn instanceof ApiError) throw turn
  sent.at = Date.now()
  return send(call.signal).finally(turn)
}

type Untimed = Omit<Answer, 'asked' | 'firstByte'>

async function beginStream(
  response: Response,
  request: UpstreamRequest,
): Promise<Untimed | Refusal | ApiError | NotStreamed> {
  const { call, deadlines, words } = request
  if (!isEventStream(response) || response.body === null) {
    // The body may say why it isn't what was asked for.
    const whole = await readWhole(response, request)
    if (whole instanceof ApiError || 'error' in whole) return whole
    return new NotStreamed(whole.first)
  }
  const reader = response.body.getReader()
  const first = await within(deadlines.firstByte, 'upstream_first_byte_timeout', call, reader.read())
  reader.releaseLock()
  if (first.done) return new ApiError('upstream_truncated')
  return { ...head(response, words), first: first.value, rest: response.body }
}

async function readWhole(response: Response, asker: Asker): Promise<Untimed | Refusal | ApiError> {
  const { words } = asker
  const bytes = await readAtMost(response.body, MAX_JSON_ANSWER_BYTES).catch((error) => {
    if (error instanceof RangeError) return undefined
    throw error
  })
  if (bytes === undefined) return new ApiError('upstream_invalid')
  const json = parseJson(new TextDecoder().decode(bytes))
  if (json === undefined) return new ApiError('upstream_invalid')
  const answer = { ...head(response, words), first: bytes, rest: new Blob([]).stream() }
  const refusal = errorInSuccess(json, response, asker)
  if (refusal !== undefined) return refusal
  // Whatever else an upstream sends in place of an answer are words of its own.
  return words.pass || isAnswer(json) ? answer : new ApiError('upstream_invalid')
}

const isEventStream = ({ headers }: Response) =>
  /^text\/event-stream\s*(?:;|$)/i.test(headers.get('content-type') ?? '')

/**
 * Without the content type: what the caller is told is what was found, an event stream or JSON. A browser
 * would run what an upstream calls `text/html`.
 */
function head({ status, headers }: Response, words: UpstreamWords): Pick<Answer, 'status' | 'headers'> {
  return { status, headers: passedHeaders(headers, words) }
}

/** Aborts the call with `code` unless `work` settles in time. */
async function within<T>(ms: number, code: ErrorCode, call: Call, work: Promise<T>): Promise<T> {
  const timer = setTimeout(() => call.abort(new ApiError(code)), ms)
  try {
    return await unlessAborted(work, call.signal)
  } finally {
    clearTimeout(timer)
  }
}

/** Why a call was aborted. */
export function reasonOf(signal: AbortSignal): ApiError {
  const { reason } = signal
  return reason instanceof ApiError ? reason : new ApiError('internal_error', { cause: reason })
}
