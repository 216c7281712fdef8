/**
 * The closed list of errors, and the one envelope that reports them: OpenAI's, `{"error": {message, type,
 * param, code}}`.
 */
import { forgetFrames } from './forget-frames.ts'
import { jsonMistake } from './protocol/json-mistake.ts'
import { type ErrorEnvelope, PLAIN_TEXT, type WireError } from './protocol/wire.ts'

interface Kind {
  status: number
  type: 'invalid_request_error' | 'authentication_error' | 'rate_limit_error' | 'server_error'
  /**
   * Whether the same request may succeed later; sent as `x-should-retry`, which OpenAI's SDK obeys.
   * `undefined`: the upstream decides.
   */
  retry?: boolean
  /** The public text, unless the code that raises the error gives a better one. */
  text: string
}

const request = (status: number, text: string): Kind => ({
  status,
  type: 'invalid_request_error',
  retry: false,
  text,
})
const access = (text: string): Kind => ({ status: 401, type: 'authentication_error', retry: false, text })
const limit = (text: string): Kind => ({ status: 429, type: 'rate_limit_error', retry: true, text })
const server = (status: number, retry: boolean, text: string): Kind => ({
  status,
  type: 'server_error',
  retry,
  text,
})

const KINDS = {
  invalid_json: request(400, 'The body is not valid JSON.'),
  invalid_form: request(400, 'The body is not a plain form.'),
  invalid_encoding: request(400, 'The body is not valid UTF-8.'),
  invalid_messages: request(400, '`messages` must be a non-empty array of messages.'),
  invalid_role: request(400, 'A message has a role that does not exist.'),
  invalid_parameter: request(400, 'A field has the wrong type.'),
  cost_unknown: request(400, 'It is not known what a part of this prompt can cost.'),
  too_many_messages: request(400, 'The conversation has too many messages.'),
  empty_question: request(400, 'The body is empty: send the question as the body.'),
  invalid_cursor: request(400, 'The resume position is not the number of an event of this stream.'),
  invalid_idempotency_key: request(400, '`Idempotency-Key` must be 1 to 255 visible ASCII characters.'),
  idempotency_key_reused: request(422, 'This `Idempotency-Key` was used with a different body before.'),
  body_too_large: request(413, 'The body is too large.'),
  body_timeout: {
    status: 408,
    type: 'invalid_request_error',
    retry: true,
    text: 'The body did not arrive in time.',
  },
  unsupported_media_type: request(415, 'The content type is not supported.'),
  model_not_found: request(404, 'This model is not offered here.'),
  stream_not_found: request(404, 'There is no such stream.'),
  response_not_found: request(404, 'There is no such response here, or it is no longer kept.'),
  previous_response_not_found: request(
    404,
    'There is no such response here, or it is no longer kept: send the conversation itself in `input`.',
  ),
  response_in_progress: request(409, 'This response is not complete yet.'),
  not_found: request(404, 'There is no such route.'),
  route_not_available: request(404, 'No upstream here has this route for this model.'),
  method_not_allowed: request(405, 'This route does not answer to this method.'),
  // The upstreams' own word, as a code and as a `finish_reason`.
  content_filter: request(400, 'This was flagged by moderation.'),
  moderation_unavailable: server(
    503,
    true,
    "Moderation can't be reached, and no answer is shown without it.",
  ),

  access_key_required: access('An access key is required: send it as `Authorization: Bearer mr_…`.'),
  invalid_access_key: access('This access key is not valid here.'),

  too_fast: limit('You ask too fast.'),
  too_many_streams: limit('You have too many streams at once.'),
  too_many_openings: limit('Too many of your calls wait for the upstream to answer.'),
  too_many_readers: limit('This stream has too many readers at once.'),
  origin_not_allowed: request(403, 'Pages of this origin may not call here.'),
  sessions_unavailable: request(403, 'Visitors are not let in here: SESSION_SECRET is not set.'),
  invalid_session: access('This session is not valid here.'),
  session_expired: access('This session is over: ask for another one.'),
  too_many_sessions: limit('Too many sessions were asked for from this address.'),
  tokens_per_day_exceeded: limit('Your tokens for today are used up.'),
  total_tokens_per_day_exceeded: limit('The tokens of this deployment for today are used up.'),
  concurrency_exceeded: limit('Too many calls are running at once.'),
  turnstile_required: request(403, 'A Turnstile token is required: send it as `turnstile_token`.'),
  turnstile_failed: request(403, 'Turnstile did not accept this token: solve the challenge again.'),
  turnstile_unavailable: server(503, true, 'Turnstile could not be asked.'),
  role_not_allowed: request(403, 'Visitors may not send messages of this role.'),
  field_not_allowed: request(403, 'Visitors may not send this field.'),
  route_not_allowed: request(403, 'Visitors may not call this route.'),
  prompt_too_long: request(413, 'The prompt has more tokens than are allowed.'),

  configuration_error: server(500, false, 'The Worker is not configured correctly.'),
  // The caller has left, so this goes to the log and to an aborted call's reason. 499 is the customary
  // status.
  caller_left: server(499, false, 'The caller left before the answer.'),
  server_busy: server(503, true, 'Too many large requests are here at once: ask again.'),
  object_unavailable: server(503, true, "The caller's object was restarted, or is overloaded."),
  budget_reached: server(502, false, 'The answer reached the number of tokens that was left for it.'),
  stream_too_long: server(502, false, 'The answer became longer than a stream may be.'),
  interrupted: server(503, true, 'The Worker was restarted in the middle of the answer.'),
  internal_error: server(500, false, 'The Worker failed on this request.'),

  upstream_rejected: {
    status: 400,
    type: 'invalid_request_error',
    text: 'The upstream rejected the request.',
  },
  upstream_refused: server(502, false, "The upstream refused this Worker's credentials or location."),
  upstream_unreachable: server(502, true, 'The upstream could not be reached.'),
  upstream_error: server(502, true, 'The upstream failed.'),
  upstream_overloaded: server(503, true, 'The upstream is overloaded.'),
  upstream_invalid: server(502, false, "The upstream's response is not a valid answer."),
  upstream_truncated: server(502, true, 'The upstream ended before the answer was complete.'),
  upstream_connect_timeout: server(504, true, 'The upstream did not take the request in time.'),
  upstream_first_byte_timeout: server(504, false, 'The upstream did not begin to answer in time.'),
  upstream_first_token_timeout: server(504, true, 'The upstream did not say anything in time.'),
  upstream_silence_timeout: server(504, false, 'The upstream fell silent in the middle of the answer.'),
  upstream_total_timeout: server(504, false, 'The answer took longer than is allowed.'),
} as const satisfies Record<string, Kind>

export type ErrorCode = keyof typeof KINDS

/** An error in Millrace's own words. */
export function ownError(code: ErrorCode): WireError {
  const { text, type } = KINDS[code]
  return { message: text, type, param: null, code }
}

interface Details {
  message?: string
  param?: string
  /** Replaces the code's own status, to pass on the upstream's. */
  status?: number
  /** Replaces the envelope, to pass on the upstream's own words about the request. */
  wire?: WireError
  /** Added to the response, such as `Allow` or `Retry-After`. */
  headers?: Record<string, string>
  notes?: Notes | undefined
  cause?: unknown
}

/** What the owner's log says of an error beside its code. Callers never read it. */
export interface Notes {
  /** The status of the upstream's answer. */
  upstream_status?: number
  /** The upstream's own code, such as `insufficient_quota`. */
  upstream_code?: string
  /** What is behind it: a host that is not reached, or what the upstream says of this Worker's account. */
  cause?: string
  /** The setting by which the owner mends it. */
  setting?: string
  /** How often the call upstream was repeated. */
  retries?: number
  /** What the call was charged in another object, in tokens. */
  charged_tokens?: number
  /** The attempts that failed, where there are several upstreams. */
  attempts?: readonly Attempted[]
}

/** One attempt without an answer. */
export interface Attempted {
  /** As `UPSTREAMS` names it. */
  upstream: string
  /** Of its response; absent if there was none. */
  status?: number
  code: ErrorCode
  ms: number
}

export interface PlainError {
  code: ErrorCode
  status: number
  headers: Record<string, string>
  notes: Notes
  wire: WireError
}

/** An error with a public text. Private details go into `notes`, for the log, and `cause`. */
export class ApiError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly headers: Record<string, string>
  readonly notes: Notes
  readonly #wire: WireError

  constructor(code: ErrorCode, details: Details = {}) {
    const kind: Kind = KINDS[code]
    super(details.message ?? details.wire?.message ?? kind.text, { cause: details.cause })
    this.name = 'ApiError'
    // Calls are aborted with it: then a stream may keep it.
    forgetFrames(this)
    forgetFrames(details.cause)
    this.code = code
    this.status = details.status ?? kind.status
    this.notes = details.notes ?? {}
    this.headers = {
      ...(kind.retry !== undefined && { 'x-should-retry': String(kind.retry) }),
      ...details.headers,
    }
    this.#wire = details.wire ?? {
      message: this.message,
      type: kind.type,
      param: details.param ?? null,
      code,
    }
  }

  /** A plain value that one part of the Worker can send to another; `ApiError.from` reads it there. */
  toPlain(): PlainError {
    const { code, status, headers, notes } = this
    return { code, status, headers, notes, wire: this.#wire }
  }

  static from({ code, ...details }: PlainError): ApiError {
    return new ApiError(code, details)
  }

  /** The same error with these headers added. */
  withHeaders(headers: Record<string, string>): ApiError {
    const { code, status, cause, notes } = this
    return new ApiError(code, { status, headers, cause, notes, wire: this.#wire })
  }

  envelope(): ErrorEnvelope {
    return { error: this.#wire }
  }

  /** The whole response, if nothing of another one was sent yet. `text`: one line, for terminals. */
  toResponse(as: 'json' | 'text'): Response {
    const headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', ...this.headers }
    if (as === 'json') return Response.json(this.envelope(), { status: this.status, headers })
    const line = `${this.#wire.code ?? this.code}: ${this.#wire.message.replace(/\s+/g, ' ').trim()}\n`
    return new Response(line, { status: this.status, headers: { ...headers, 'content-type': PLAIN_TEXT } })
  }
}

/** @param text which `JSON.parse` refuses */
export function invalidJson(text: string): ApiError {
  const where = jsonMistake(text)
  return new ApiError(
    'invalid_json',
    where === undefined ? {} : { message: `The body is not valid JSON: ${where}.` },
  )
}

/** @param message names the setting, and never repeats its value: callers read it, and so does the log */
export function misconfigured(message: string): ApiError {
  return new ApiError('configuration_error', { message, notes: { cause: message } })
}

/**
 * Message used to abort a connection. Generic, without the upstream's words, because the runtime logs it.
 */
export const BROKE_OFF = 'the answer broke off (its record says why)'
