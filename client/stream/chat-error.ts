/** The errors of an answer, as one class whose fields a caller can decide by. */
import type { WireError } from '../../worker/protocol/wire.ts'

/**
 * Codes for errors that the client finds itself. Every other code is the server's (worker/errors.ts, or
 * OpenAI's).
 *
 * - `network`: no connection, or it was lost in mid-answer
 * - `truncated`: the stream ended without `[DONE]`, so the answer is incomplete. For a durable stream: the
 *   server has no more of it, and no end either
 * - `invalid_event`: an event whose data is not JSON
 * - `event_too_large`: an event above `MAX_EVENT_BYTES`
 * - `not_a_stream`: the server answered with success, but not with an event stream
 * - `not_a_completion`: the same for an answer in one piece
 * - `not_a_session`: the same for a visitor's session
 * - `challenge_failed`: Turnstile could not be loaded, or failed
 * - `too_many_rounds`: a model that may call no more tools still does (run-tools.ts)
 * - `http_error`: a refusal without OpenAI's error envelope
 */
export type ClientErrorCode =
  | 'network'
  | 'truncated'
  | 'invalid_event'
  | 'event_too_large'
  | 'not_a_stream'
  | 'not_a_completion'
  | 'not_a_session'
  | 'challenge_failed'
  | 'too_many_rounds'
  | 'http_error'

interface Fields {
  code: string | null
  type: string
  param?: string | null
  status?: number | null
  requestId?: string | null
  retryAfterMs?: number | null
  cause?: unknown
}

/**
 * A refusal, an error in mid-stream, or an answer that broke off.
 *
 * @example
 *   try {
 *     for await (const chunk of openChat(url, request)) show(chunk)
 *   } catch (error) {
 *     if (error instanceof ChatError && error.retryAfterMs !== null) retryIn(error.retryAfterMs)
 *   }
 */
export class ChatError extends Error {
  /** A `ClientErrorCode`, or the server's code; `null` if the server gave none. */
  readonly code: string | null
  /** The envelope's type, such as `invalid_request_error`; `client_error` for the client's own codes. */
  readonly type: string
  /** The field of the request that is wrong, if the server names one. */
  readonly param: string | null
  /** The HTTP status of a refusal; `null` once an answer had begun, and if there was no answer. */
  readonly status: number | null
  /** `x-request-id`, to quote when reporting a problem to the server's operator. */
  readonly requestId: string | null
  /** How long the server asks clients to wait before the next try, in milliseconds. */
  readonly retryAfterMs: number | null

  /**
   * By name: a part of the widget that is loaded later has its own copy of this class
   * (scripts/widget-parts.ts).
   */
  static override [Symbol.hasInstance](value: unknown): value is ChatError {
    return value instanceof Error && value.name === 'ChatError'
  }

  constructor(message: string, fields: Fields) {
    super(message, { cause: fields.cause })
    this.name = 'ChatError'
    this.code = fields.code
    this.type = fields.type
    this.param = fields.param ?? null
    this.status = fields.status ?? null
    this.requestId = fields.requestId ?? null
    this.retryAfterMs = fields.retryAfterMs ?? null
  }
}

/** An error that the client found itself. */
export function clientError(
  code: ClientErrorCode,
  message: string,
  fields: Omit<Fields, 'code' | 'type'> = {},
): ChatError {
  return new ChatError(message, { ...fields, code, type: 'client_error' })
}

/** An error that the server reported, in a refusal or in the middle of an answer. */
export function serverError(wire: WireError, fields: Omit<Fields, keyof WireError>): ChatError {
  return new ChatError(wire.message, { ...fields, code: wire.code, type: wire.type, param: wire.param })
}

/** Turns what broke a body off into a `ChatError`: any other error is a failed connection. */
export function asChatError(error: unknown, requestId: string | null): ChatError {
  if (error instanceof ChatError) return error
  return clientError('network', 'The connection was lost in the middle of the answer.', {
    requestId,
    cause: error,
  })
}
