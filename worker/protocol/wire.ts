/**
 * The wire contract, as types and names: what a caller sends and what it reads back.
 * Prose in docs/PROTOCOL.md. Imports nothing, so that the client can share it.
 */

export interface Usage {
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
  [field: string]: unknown
}

/** Where a count came from: the upstream's own, or counted here from what can be read. */
export type UsageSource = 'upstream' | 'estimated'

/** All in milliseconds from the call upstream, but the rate. */
export interface Timing {
  first_byte_ms: number
  /** The first non-empty content, refusal, reasoning or tool delta; `null` where there was none. */
  first_token_ms: number | null
  total_ms: number
  /** Of what came after the first token; `null` with fewer than two. */
  tokens_per_second: number | null
}

/** What Millrace adds to the last chunk of an answer, where it was asked to. */
export interface Addendum {
  state?: EndState
  usage_source?: UsageSource
  timing?: Timing
  /**
   * What moderation takes back, by the choice's index: that many UTF-16 code units (JavaScript's `length`) at the end of its
   * `content`, and all that was shown of its other texts. Told unasked, on a chunk before `[DONE]` or an error.
   */
  retract?: Record<string, number>
}

/** The body of every refusal and of every error frame inside a stream. */
export interface ErrorEnvelope {
  error: WireError
}

export interface WireError {
  message: string
  type: string
  param: string | null
  code: string | null
}

/** `GET /v1/models`. */
export interface ModelList {
  object: 'list'
  data: { id: string; object: 'model'; created: number; owned_by: string }[]
}

/** `GET /healthz`. */
export interface Health {
  status: 'ok'
  version: string
  upstream: 'openai' | 'demo'
  /** For the page's Turnstile widget; only where a visitor has to solve its challenge. */
  turnstile_site_key?: string
}

/** What `POST /v1/sessions` takes; nothing, where Turnstile isn't configured. */
export interface SessionRequest {
  turnstile_token?: string
}

/** What it answers: a visitor's token, sent as `Authorization: Bearer …`. */
export interface Session {
  token: string
  /** Seconds since the epoch. */
  expires_at: number
  /** Seconds from now, for pages whose clock is wrong. */
  expires_in: number
}

/** `GET /v1/usage`: the caller's own, today. */
export interface CallerUsage {
  object: 'usage'
  /** `reserved` is put aside for calls that are running; `null`: there is no limit. */
  tokens: { used: number; reserved: number; limit: number | null; left: number | null }
  calls: { running: number; limit: number | null }
  /** Seconds since the epoch, and seconds from now, for pages whose clock is wrong. */
  resets_at: number
  resets_in: number
}

/** The `action` of the page's Turnstile widget: a token that was solved for anything else is refused. */
export const TURNSTILE_ACTION = 'millrace-session'

/** How a stream ends. `done` alone is a whole answer. */
export type EndState = 'done' | 'stopped' | 'truncated' | 'moderated' | 'failed' | 'budget' | 'interrupted'

/** The content type of a streamed answer. */
export const EVENT_STREAM = 'text/event-stream; charset=utf-8'

/** The content type of what is read in a terminal. */
export const PLAIN_TEXT = 'text/plain; charset=utf-8'

/** The headers of durable streams, as `Headers` spells them. */
export const STREAM_ID = 'stream-id'
export const LAST_EVENT_ID = 'last-event-id'
export const IDEMPOTENCY_KEY = 'idempotency-key'
export const IDEMPOTENT_REPLAYED = 'idempotent-replayed'
