/**
 * One call to the upstream, up to its first byte: deadlines, retries, refusals. What comes out is an
 * answer that has begun, or an error with a status; after the head of an answer nothing is tried again.
 */

import { readAtMost } from '../bytes.ts'
import { ApiError, type ErrorCode } from '../errors.ts'
import { type Deadlines, LEAVE_GRACE_MS, MAX_JSON_ANSWER_BYTES } from '../limits.ts'
import { passedHeaders } from './headers.ts'
import { errorInSuccess, readRefusal } from './refusal.ts'
import { type Failure, retryDelay } from './retry.ts'

/** An answer that has begun. */
export interface Answer {
  status: number
  /** Those of the upstream's headers that reach the caller. */
  headers: Record<string, string>
  contentType: string
  /** The first chunk: it is in hand, so that a failure before it could still be a status. */
  first: Uint8Array
  rest: ReadableStream<Uint8Array>
  /** When the call was made that led to it, and when its first byte came: milliseconds since the epoch. */
  asked: number
  firstByte: number
}

export interface Call {
  /** Aborts with the upstream's connection; its `reason` is an `ApiError` that says why. */
  readonly signal: AbortSignal
  abort(reason: ApiError): void
  /** Aborts the call once what had arrived was read: it has to be accounted for. */
  leave(reason: ApiError): void
  /** What to do in the moment before the call is aborted because nobody wants the rest. */
  onLeave(drain: () => void): void
  /** Ends the deadline of the whole; owed by whoever sees the answer's end. */
  finished(): void
}

/** @param caller aborts when the caller leaves, and then so does the call */
export function createCall(caller: AbortSignal, totalMs: number): Call {
  const controller = new AbortController()
  const abort = (reason: ApiError) => controller.abort(reason)
  const timer = setTimeout(() => abort(new ApiError('upstream_total_timeout')), totalMs)
  let drain: (() => void) | undefined
  const leave = (reason: ApiError) => {
    if (drain === undefined) return abort(reason)
    drain()
    setTimeout(() => abort(reason), LEAVE_GRACE_MS)
  }
  const left = () => leave(new ApiError('caller_left'))
  const onLeave = (work: () => void) => {
    drain = work
  }
  const finished = () => {
    clearTimeout(timer)
    caller.removeEventListener('abort', left)
  }
  if (caller.aborted) left()
  caller.addEventListener('abort', left)
  return { signal: controller.signal, abort, leave, onLeave, finished }
}

export interface Asked {
  send(signal: AbortSignal): Promise<Response>
  /** Whether the answer is to be read as it comes, or whole. */
  stream: boolean
  call: Call
  deadlines: Deadlines
}

/** @returns the answer, or why there is none; and how often it was tried again */
export async function askUpstream(asked: Asked): Promise<{ answer: Answer | ApiError; retries: number }> {
  for (let retries = 0; ; retries++) {
    if (asked.call.signal.aborted) return { answer: reasonOf(asked.call.signal), retries }
    const outcome = await attempt(asked)
    if (!(outcome instanceof AttemptFailed)) return { answer: outcome, retries }
    const delay = retryDelay(outcome.failure, retries, Math.random(), Date.now())
    if (delay === undefined) return { answer: outcome.error, retries }
    await sleep(delay, asked.call.signal)
  }
}

/** A failure that another attempt may mend, if `retryDelay` says so. */
class AttemptFailed {
  readonly error: ApiError
  readonly failure: Failure
  constructor(error: ApiError, response?: Response) {
    this.error = error
    this.failure = {
      status: response?.status ?? 'unreachable',
      headers: response === undefined ? {} : passedHeaders(response.headers),
      code: error.envelope().error.code,
    }
  }
}

async function attempt(asked: Asked): Promise<Answer | ApiError | AttemptFailed> {
  const { call, deadlines, stream } = asked
  const started = Date.now()
  let begun = false
  try {
    // An unstreamed answer's headers come with its last word, so only the whole has a deadline there.
    const connect = stream ? deadlines.connect : deadlines.total
    const response = await within(connect, 'upstream_connect_timeout', call, asked.send(call.signal))
    if (!response.ok) return new AttemptFailed(await readRefusal(response), response)
    // From here on the model is at work, and asking again would be paid again.
    begun = true
    const answer = stream ? await beginStream(response, asked) : await readWhole(response)
    return answer instanceof ApiError ? answer : { ...answer, asked: started, firstByte: Date.now() }
  } catch (cause) {
    if (call.signal.aborted) return reasonOf(call.signal)
    if (begun) return new ApiError('upstream_truncated', { cause })
    return new AttemptFailed(new ApiError('upstream_unreachable', { cause }))
  }
}

type Begun = Omit<Answer, 'asked' | 'firstByte'>

async function beginStream(response: Response, { call, deadlines }: Asked): Promise<Begun | ApiError> {
  const contentType = response.headers.get('content-type') ?? ''
  if (!/^text\/event-stream\b/i.test(contentType) || response.body === null) {
    // Not what was asked for; but it may say why.
    const whole = await readWhole(response)
    return whole instanceof ApiError
      ? whole
      : new ApiError('upstream_invalid', {
          message: 'The upstream did not answer a streaming request with an event stream.',
        })
  }
  const reader = response.body.getReader()
  const first = await within(deadlines.firstByte, 'upstream_first_byte_timeout', call, reader.read())
  reader.releaseLock()
  if (first.done) return new ApiError('upstream_truncated')
  return { ...head(response, contentType), first: first.value, rest: response.body }
}

async function readWhole(response: Response): Promise<Begun | ApiError> {
  const bytes = await readAtMost(response.body, MAX_JSON_ANSWER_BYTES).catch((error) => {
    if (error instanceof RangeError) return undefined
    throw error
  })
  const json = bytes && parseJson(bytes)
  if (json === undefined) return new ApiError('upstream_invalid')
  const contentType = response.headers.get('content-type') ?? ''
  return (
    errorInSuccess(json, response.headers) ?? {
      ...head(response, contentType),
      first: bytes as Uint8Array,
      rest: new Blob([]).stream(),
    }
  )
}

function head(response: Response, contentType: string): Pick<Answer, 'status' | 'headers' | 'contentType'> {
  return { status: response.status, headers: passedHeaders(response.headers), contentType }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}

/** Aborts the call with `code` unless `work` settles in time. What `work` waits for must heed the call's signal. */
async function within<T>(ms: number, code: ErrorCode, call: Call, work: Promise<T>): Promise<T> {
  const timer = setTimeout(() => call.abort(new ApiError(code)), ms)
  try {
    return await work
  } finally {
    clearTimeout(timer)
  }
}

/** Why a call was aborted. */
export function reasonOf(signal: AbortSignal): ApiError {
  const { reason } = signal
  return reason instanceof ApiError ? reason : new ApiError('internal_error', { cause: reason })
}

/** Until then, or until the signal aborts: it never rejects. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}
