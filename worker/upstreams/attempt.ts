/**
 * One attempt of a call at one upstream, up to the beginning of its answer: its first byte or, where the
 * answer is held, its first content.
 */
import { readAtMost } from '../bytes.ts'
import { ApiError } from '../errors.ts'
import type { FollowedFormat } from '../formats/answer-format.ts'
import { type Deadlines, MAX_CHECKED_BYTES, MAX_JSON_ANSWER_BYTES } from '../limits.ts'
import { concat } from '../protocol/concat.ts'
import { isRecord, parseJson } from '../protocol/json.ts'
import { unlessAborted } from '../unless-aborted.ts'
import { unreached } from '../unreached.ts'
import { type Abortable, type Call, reasonOf, within } from './call.ts'
import { isAnswer } from './error-body.ts'
import { readToContent, readToFirstEvent } from './first-content.ts'
import { passedHeaders } from './headers.ts'
import type { About } from './move-on.ts'
import type { Candidate } from './plan.ts'
import { type Asker, errorInSuccess, type Refusal, readRefusal, refusalInStream } from './refusal.ts'
import type { Rests } from './rest.ts'
import type { Failure } from './retry.ts'
import type { TakeTurn } from './turns.ts'
import type { Upstream } from './upstream.ts'

/** An answer that has begun. */
export interface Answer {
  upstream: Upstream
  status: number
  /** The upstream's headers that reach the caller. */
  headers: Record<string, string>
  /** Whether it is an event stream. */
  isStream: boolean
  /** The first chunks. They were waited for, so that a failure before them can still be a status. */
  first: Uint8Array
  rest: ReadableStream<Uint8Array>
  /** When the last attempt was made, and when its first byte came: milliseconds since the epoch. */
  asked: number
  firstByte: number
}

export interface UpstreamRequest extends Omit<Asker, 'upstream'> {
  /** In order of preference; none where no upstream has the route. */
  candidates: readonly Candidate[]
  rests: Rests
  send(candidate: Candidate, signal: AbortSignal): Promise<Response>
  /** The format of an answer that is to be read as it comes; `undefined`: it is read whole. */
  stream: FollowedFormat | undefined
  /** Whether the answer is moderated, so that no words of an error in it pass. */
  isJudged?: boolean
  /**
   * What an answer may be that passes as it comes, if it is no event stream, whether or not one was asked
   * for. `undefined`: it is JSON, and read whole.
   */
  passes?: 'json' | 'text' | undefined
  call: Call
  deadlines: Deadlines
  /**
   * Each attempt waits for it, and holds it until its headers have come. `undefined`: there is no need to.
   */
  takeTurn?: TakeTurn | undefined
}

/** How long an upstream may take to its first content; `undefined`: as long as the other deadlines allow. */
const firstTokenOf = ({ stream, deadlines }: UpstreamRequest, { firstToken }: Candidate) =>
  stream && (firstToken ?? deadlines.firstToken)

/** Whether an answer is held until its first content. If it isn't, the attempt is the call. */
export const holds = (request: UpstreamRequest, candidate: Candidate): boolean =>
  request.candidates.length > 1 ||
  firstTokenOf(request, candidate) !== undefined ||
  // An error in place of such an answer is not looked for later.
  request.passes !== undefined

/** An attempt that can be aborted without the call. */
export function attemptOf({ signal }: Call): Abortable {
  const own = new AbortController()
  return { signal: AbortSignal.any([signal, own.signal]), abort: (reason) => own.abort(reason) }
}

/** An attempt without an answer. */
interface Failed {
  error: ApiError
  /**
   * When it was made, in milliseconds since the epoch; `undefined`: it was not, since it ended while it
   * waited for its turn.
   */
  asked?: number | undefined
  /** The status of the upstream's answer; `undefined`: there was none. */
  responded?: number | undefined
  /** The status that the error came with or names; `undefined`: it has none. */
  status?: number
  about?: About | undefined
  /** Present if another attempt at this upstream may mend it, as `retryDelay` says. */
  failure?: Failure
  /** Whether a model was at work. Else the status and the time tell. */
  hasBegun?: boolean
  /** An answer that came whole where a stream was asked for. */
  unstreamed?: Uint8Array
}

const hasBegun = true

/** @param own ends the attempt: the call itself, or a part of it that ends alone */
export async function attempt(
  request: UpstreamRequest,
  candidate: Candidate,
  own: Abortable,
): Promise<Answer | Failed> {
  const { deadlines, words, question, stream, passes } = request
  const { upstream } = candidate
  const due = firstTokenOf(request, candidate)
  let timer: ReturnType<typeof setTimeout> | undefined
  let asked: number | undefined
  const send = async () => {
    const taking = request.takeTurn?.(own.signal)
    const turn = taking instanceof Promise ? await taking : taking
    if (turn instanceof ApiError) throw turn
    asked = Date.now()
    const late = () => own.abort(new ApiError('upstream_first_token_timeout'))
    if (due !== undefined) timer = setTimeout(late, due)
    return request.send(candidate, own.signal).finally(turn)
  }
  let response: Response | undefined
  try {
    // An unstreamed answer's headers come with its last word, so only the whole has a deadline there.
    const connect = stream && !passes ? deadlines.connect : deadlines.total
    response = await within(connect, 'upstream_connect_timeout', own, send())
    const held = holds(request, candidate) ? stream : undefined
    const beginning = begin(response, { ...request, asker: { words, question, upstream }, own, held })
    const begun = await unlessAborted(beginning, own.signal)
    if ('error' in begun) return { ...begun, asked }
    return { firstByte: Date.now(), ...begun, upstream, asked: asked as number }
  } catch (cause) {
    // A refusal's status tells whether a model was at work. Before a status one may be.
    const began = { asked, responded: response?.status, hasBegun: response?.ok ?? true }
    if (own.signal.aborted) return { error: reasonOf(own.signal), ...began }
    if (cause instanceof ApiError) return { error: cause }
    if (response !== undefined) return { error: new ApiError('upstream_truncated', { cause }), ...began }
    const notes = unreached(upstream.host, upstream.settings.address, cause)
    return {
      error: new ApiError('upstream_unreachable', { cause, notes }),
      asked,
      failure: { status: 'unreachable', headers: new Headers(), code: null },
    }
  } finally {
    if (timer !== undefined) clearTimeout(timer)
  }
}

/** A refusal, which came with the response's status or, in a success, names one. */
function refused({ error, status, about }: Refusal, response: Pick<Response, 'status' | 'headers'>): Failed {
  const { headers } = response
  const failure = { status, headers, code: error.envelope().error.code }
  return { error, responded: response.status, status, about, failure }
}

type Begun = Omit<Answer, 'asked' | 'firstByte' | 'upstream'> & { firstByte?: number }

interface Begin extends Pick<UpstreamRequest, 'stream' | 'passes' | 'deadlines' | 'isJudged'> {
  asker: Asker
  own: Abortable
  /** The format by which it is held until its first content; `undefined`: it is not held. */
  held: FollowedFormat | undefined
}

/** Reads a response up to its answer's beginning, or its refusal whole. */
async function begin(response: Response, how: Begin): Promise<Begun | Failed> {
  const { asker, stream, passes } = how
  if (!response.ok) return refused(await readRefusal(response, asker), response)
  // From here on the model is at work, and asking it again would be paid again.
  if (stream && (!passes || isEventStream(response))) return beginStream(response, how)
  return passes ? beginPassed(response, { ...how, passes }) : readWhole(response, asker)
}

async function beginStream(
  response: Response,
  { asker, own, deadlines, held, isJudged }: Begin,
): Promise<Begun | Failed> {
  const responded = response.status
  if (!isEventStream(response) || response.body === null) {
    // The body may say why it isn't what was asked for.
    const whole = await readWhole(response, asker)
    return 'error' in whole ? whole : { error: notStreamed(), responded, unstreamed: whole.first }
  }
  const reader = response.body.getReader()
  const first = await within(deadlines.firstByte, 'upstream_first_byte_timeout', own, reader.read())
  const firstByte = Date.now()
  const ended = { error: new ApiError('upstream_truncated'), responded, hasBegun }
  if (first.done) return ended
  const read = async () => {
    const { value } = await within(deadlines.silence, 'upstream_silence_timeout', own, reader.read())
    return value
  }
  const begun = held
    ? await readToContent(held, first.value, read)
    : { bytes: await readToFirstEvent(first.value, read) }
  if (begun === 'ended') return ended
  if (begun === 'invalid') return { ...ended, error: new ApiError('upstream_invalid') }
  if ('error' in begun) return { ...refusalInStream(begun.error, asker, isJudged), responded }
  reader.releaseLock()
  return { ...head(response, asker), isStream: true, first: begun.bytes, rest: response.body, firstByte }
}

/**
 * Reads as much of a body as a refusal can have. A longer one is passed on as the rest of it comes, if it
 * begins like what was asked for.
 */
async function beginPassed(
  response: Response,
  { asker, own, deadlines, passes }: Begin & { passes: 'json' | 'text' },
): Promise<Begun | Failed> {
  const { body: rest, status: responded } = response
  const invalid = { error: new ApiError('upstream_invalid'), responded, hasBegun }
  if (rest === null) return invalid
  const reader = rest.getReader()
  const parts: Uint8Array[] = []
  let isWhole = false
  for (let bytes = 0; !isWhole && bytes < MAX_CHECKED_BYTES; ) {
    const { value } = await within(deadlines.silence, 'upstream_silence_timeout', own, reader.read())
    isWhole = value === undefined
    if (value !== undefined) parts.push(value)
    bytes += value?.byteLength ?? 0
  }
  reader.releaseLock()
  const first = concat(parts)
  const text = new TextDecoder().decode(first).trimStart()
  const json = isWhole ? parseJson(text) : undefined
  const refusal = errorInSuccess(json, response, asker)
  if (refusal !== undefined) return refused(refusal, response)
  const isJson = isWhole ? isRecord(json) : text.startsWith('{')
  const isPage = /^<(?:!|html)/i.test(text)
  return (passes === 'json' && !isJson) || isPage
    ? invalid
    : { ...head(response, asker), isStream: false, first, rest }
}

const notStreamed = () =>
  new ApiError('upstream_invalid', {
    message: 'The upstream did not answer a streaming request with an event stream.',
  })

async function readWhole(response: Response, asker: Asker): Promise<Begun | Failed> {
  const invalid = { error: new ApiError('upstream_invalid'), responded: response.status, hasBegun }
  const bytes = await readAtMost(response.body, MAX_JSON_ANSWER_BYTES).catch((error) => {
    if (error instanceof RangeError) return undefined
    throw error
  })
  const json = bytes && parseJson(new TextDecoder().decode(bytes))
  if (bytes === undefined || json === undefined) return invalid
  const refusal = errorInSuccess(json, response, asker)
  if (refusal !== undefined) return refused(refusal, response)
  // Whatever else an upstream sends in place of an answer are words of its own.
  if (!asker.words.pass && !isAnswer(json)) return invalid
  return { ...head(response, asker), isStream: false, first: bytes, rest: new Blob([]).stream() }
}

const isEventStream = ({ headers }: Response) =>
  /^text\/event-stream\s*(?:;|$)/i.test(headers.get('content-type') ?? '')

/**
 * Without the content type: what the caller is told is what was found, an event stream or JSON. A browser
 * would run what an upstream calls `text/html`.
 */
function head({ status, headers }: Response, asker: Asker): Pick<Answer, 'status' | 'headers'> {
  return { status, headers: passedHeaders(headers, asker) }
}
