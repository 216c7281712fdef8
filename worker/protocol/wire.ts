/**
 * The wire contract as types and names: what a caller sends, and what it reads back. Prose in
 * docs/PROTOCOL.md. Imports nothing, so that the client can share it.
 */

export interface Usage {
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
  [field: string]: unknown
}

/** The source of a token count: the upstream's own count, or an estimate of the text here. */
export type UsageSource = 'upstream' | 'estimated'

/** Times in milliseconds from the call upstream. */
export interface Timing {
  first_byte_ms: number
  /** The first non-empty content, refusal, reasoning or tool delta; `null` if there was none. */
  first_token_ms: number | null
  total_ms: number
  /** The rate after the first token; `null` with fewer than two tokens. */
  tokens_per_second: number | null
}

/** What Millrace adds to the last chunk of an answer on request. */
export interface Addendum {
  state?: EndState
  usage_source?: UsageSource
  timing?: Timing
  /**
   * What moderation takes back, by the choice's index: the number of UTF-16 code units (JavaScript's
   * `length`) at the end of its `content`, and all of its other texts that were shown. Always sent, on a
   * chunk before `[DONE]` or an error.
   */
  retract?: Record<string, number>
}

/** Members of a request's `stream_options` that only Millrace knows. */
export interface OwnOptions {
  /** Asks for the `millrace` member of the last chunk. */
  include_timing?: boolean
  /** Asks for questions to go on with, in a block at the answer's end (docs/decisions/0022). */
  include_suggestions?: boolean
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
  /** `upstream_failed`: this Worker answers, and the upstream does not; the HTTP status is 503. */
  status: 'ok' | 'upstream_failed'
  version: string
  upstream: 'openai' | 'demo'
  /** The API by which a page's chat should ask: only by this one do the owner's tools answer. */
  api?: 'responses'
  /** Present where a visitor's page may ask for suggestions, by `stream_options.include_suggestions`. */
  suggestions?: true
  /** Whether visitors may send pictures by that API. */
  pictures?: true
  /** Present if pages may run an answer's code, in the frame at `/run/`. */
  run_code?: true
  /** With `?upstream`; absent while the first answer is awaited. */
  upstream_health?: UpstreamHealth
  /** For the page's Turnstile widget; present only if visitors have to solve its challenge. */
  turnstile_site_key?: string
}

/** What came of asking the upstream for its models. */
export interface UpstreamHealth {
  ok: boolean
  /** When it was asked (ISO 8601), and how long that took. */
  at: string
  ms: number
  /** The error's code, if it is not `ok`. */
  code?: string
}

/** The body of `POST /v1/sessions`; empty if Turnstile isn't configured. */
export interface SessionRequest {
  turnstile_token?: string
}

/** Its answer with `?challenge` and without a token, where Turnstile is configured: what is to be solved. */
export interface Challenge {
  turnstile_site_key: string
}

/** Its answer: a visitor's token, sent as `Authorization: Bearer …`. */
export interface Session {
  token: string
  /** Seconds since the epoch. */
  expires_at: number
  /** Seconds from now, for pages whose clock is wrong. */
  expires_in: number
}

/** `GET /v1/usage`: the caller's own usage today. */
export interface CallerUsage {
  object: 'usage'
  /** `reserved` is held for running calls. `null`: there is no limit. */
  tokens: { used: number; reserved: number; limit: number | null; left: number | null }
  calls: { running: number; limit: number | null }
  /** Seconds since the epoch, and seconds from now, for pages whose clock is wrong. */
  resets_at: number
  resets_in: number
}

/** The `action` of the page's Turnstile widget. Tokens solved for another action are refused. */
export const TURNSTILE_ACTION = 'millrace-session'

/** How a stream ends. Only `done` is a whole answer. */
export type EndState = 'done' | 'stopped' | 'truncated' | 'moderated' | 'failed' | 'budget' | 'interrupted'

/** The demo's own model: where a request names no model, it answers under this name. */
export const DEMO_MODEL = 'millrace-demo'

/** The content type of a streamed answer. */
export const EVENT_STREAM = 'text/event-stream; charset=utf-8'

/** The content type of an unstreamed answer. */
export const JSON_TYPE = 'application/json'

/** The content type of text for terminals. */
export const PLAIN_TEXT = 'text/plain; charset=utf-8'

/** The headers of durable streams, as `Headers` spells them. */
export const STREAM_ID = 'stream-id'
export const LAST_EVENT_ID = 'last-event-id'
export const IDEMPOTENCY_KEY = 'idempotency-key'
export const IDEMPOTENT_REPLAYED = 'idempotent-replayed'

/**
 * On a streamed answer that is shown before it is judged: how many UTF-16 code units at the end of what has
 * been shown moderation may still take back.
 */
export const RETRACT_CHARS = 'moderation-retract-chars'

/** On `GET /v1/streams`: the most tokens that the messages of this caller's prompts may have, if bounded. */
export const MAX_PROMPT_TOKENS = 'max-prompt-tokens'

/** The name of the upstream that answered, where there are several. */
export const UPSTREAM = 'x-millrace-upstream'
