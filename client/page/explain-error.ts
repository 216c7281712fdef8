/** An error → what a reader is told, and what they can do about it. */
import { ChatError } from '../stream/chat-error.ts'

export interface Explanation {
  title: string
  advice: string
  /** Whether asking the same again may help. */
  retry: boolean
  /** Whether an access key is what is missing. */
  needsKey: boolean
  /** Whether nothing is broken, and there has only been enough of something. */
  isLimit: boolean
  /** How long to wait before the next try. */
  waitMs: number
  /** The request's id, for whoever runs the server. */
  reference: string | null
}

type Words = [title: string, advice: string, remedy?: 'retry' | 'wait' | 'key']

const OWNER = 'Whoever runs this page has to look into it.'
const BROKE_OFF = 'The answer broke off'
const OFFLINE = 'Check your connection, then try again.'
const TOO_LONG: Words = ['This conversation has become too long', 'Start a new one, or ask for less at once.']
const NO_ANSWER: Words = ['No answer came in time', 'The model may be busy. Try again in a moment.', 'retry']
const BUSY: Words = ['The model is busy', 'Try again in a moment.', 'retry']
const NOT_SET_UP: Words = ['This page is not set up correctly', OWNER]
const TOO_MANY: Words = ['Too many questions at once', 'Try again in a moment.', 'wait']
const TOO_MANY_ANSWERS: Words = ['Too many answers at once', 'Try again when one of them has ended.', 'wait']
const NO_KEY: Words = ['An access key is needed', 'This server answers only those who have one.', 'key']
const NO_SESSION: Words = ['Your session is over', 'Try again: that begins a new one.', 'retry']
const NOT_FOR_VISITORS: Words = ['This question was refused', `Visitors may not ask in this way. ${OWNER}`]
const NO_CHECK: Words = [
  'The check that you are a person did not work',
  'Try again. If something blocks challenges.cloudflare.com, let it through for this page.',
  'retry',
]
const GARBLED: Words = [
  'The answer could not be read',
  'The server sent something that is not an answer.',
  'retry',
]

/** By code, in the order of worker/errors.ts, then OpenAI's own, then the client's. */
const BY_CODE: Record<string, Words> = {
  too_many_messages: TOO_LONG,
  body_too_large: TOO_LONG,
  content_filter: ['This question was not let through', 'Moderation flagged it. Ask in other words.'],
  moderation_unavailable: [
    'The answer could not be checked',
    'Answers are shown here only when they have been. Try again in a moment.',
    'retry',
  ],
  model_not_found: ['This model is not available here', 'Choose another one above, then try again.', 'retry'],
  access_key_required: NO_KEY,
  invalid_access_key: ['This access key is not valid', 'Check it, and enter it again.', 'key'],
  stream_not_found: [
    'This answer can’t be taken up again',
    'The server keeps an answer for a few minutes only.',
    'retry',
  ],
  idempotency_key_reused: ['This question could not be sent', 'Ask it once more.', 'retry'],
  too_fast: ['You ask very fast', 'Try again in a moment.', 'wait'],
  too_many_streams: TOO_MANY_ANSWERS,
  too_many_readers: [
    'This answer is open in too many places',
    'Close some of them, then load this page again.',
  ],
  origin_not_allowed: ['This page may not ask here', OWNER],
  sessions_unavailable: NO_KEY,
  invalid_session: NO_SESSION,
  session_expired: NO_SESSION,
  too_many_sessions: [
    'Many have come from your network',
    'It may bring the next visitor in a while.',
    'wait',
  ],
  tokens_per_day_exceeded: [
    'Not enough tokens left for today',
    'An answer may need more than you have left. Each day brings new ones.',
    'wait',
  ],
  total_tokens_per_day_exceeded: [
    'This page has answered enough for today',
    'The tokens that it shares among its visitors are used up. Each day brings new ones.',
    'wait',
  ],
  concurrency_exceeded: TOO_MANY_ANSWERS,
  turnstile_required: NO_CHECK,
  turnstile_failed: NO_CHECK,
  turnstile_unavailable: NO_CHECK,
  role_not_allowed: NOT_FOR_VISITORS,
  field_not_allowed: NOT_FOR_VISITORS,
  prompt_too_long: TOO_LONG,
  configuration_error: NOT_SET_UP,
  internal_error: [
    'The server failed',
    'Try again. If it stays like this, whoever runs this page has to look into it.',
    'retry',
  ],
  object_unavailable: ['The server is busy', 'Try again in a moment.', 'retry'],
  interrupted: ['The answer was interrupted', 'The server was started anew in the middle of it.', 'retry'],
  budget_reached: [BROKE_OFF, 'It reached the number of tokens that was left.'],
  stream_too_long: ['The answer became too long', 'Ask for less at once.'],
  upstream_refused: NOT_SET_UP,
  upstream_unreachable: ['The model could not be reached', 'Try again in a moment.', 'retry'],
  upstream_error: ['The model’s service failed', 'Try again in a moment.', 'retry'],
  upstream_overloaded: BUSY,
  upstream_invalid: GARBLED,
  upstream_truncated: [BROKE_OFF, 'The model’s service stopped before the end.', 'retry'],
  upstream_connect_timeout: NO_ANSWER,
  upstream_first_byte_timeout: NO_ANSWER,
  upstream_silence_timeout: [BROKE_OFF, 'Nothing more came from the model for a long time.', 'retry'],
  upstream_total_timeout: [BROKE_OFF, 'It took longer than is allowed here.', 'retry'],

  context_length_exceeded: TOO_LONG,
  rate_limit_exceeded: TOO_MANY,
  insufficient_quota: ['The credit for this model is used up', OWNER],

  network: ['The server could not be reached', OFFLINE, 'retry'],
  truncated: [BROKE_OFF, 'The connection ended before the answer did.', 'retry'],
  invalid_event: GARBLED,
  event_too_large: GARBLED,
  not_a_stream: GARBLED,
  not_a_completion: GARBLED,
  not_a_session: GARBLED,
  challenge_failed: NO_CHECK,
}

/** Where the code says nothing: by the status of the refusal. */
const BY_STATUS: Record<number, Words> = {
  401: NO_KEY,
  403: ['This question was refused', OWNER],
  413: TOO_LONG,
  429: TOO_MANY,
  502: ['The model’s service failed', 'Try again in a moment.', 'retry'],
  503: BUSY,
  504: NO_ANSWER,
}

/** @param began whether a part of the answer had arrived, which stays on the page */
export function explainError(error: unknown, began: boolean): Explanation {
  if (!(error instanceof ChatError)) {
    return explanation(['Something went wrong on this page', 'Reload it, then try again.', 'retry'], null)
  }
  const lost = error.code === 'network' && began
  const words: Words = lost
    ? ['The connection was lost', OFFLINE, 'retry']
    : (BY_CODE[error.code ?? ''] ?? BY_STATUS[error.status ?? 0] ?? inItsOwnWords(error))
  return explanation(words, error, began)
}

/** What the server says about a request is meant for whoever wrote the request: here, the reader. */
function inItsOwnWords(error: ChatError): Words {
  const title =
    error.status !== null && error.status < 500 ? 'This question was refused' : 'Something went wrong'
  return [title, error.message, 'retry']
}

function explanation([title, advice, remedy]: Words, error: ChatError | null, began = false): Explanation {
  return {
    title,
    advice: began ? `${advice} What had arrived is kept.` : advice,
    retry: remedy === 'retry' || remedy === 'wait',
    needsKey: remedy === 'key',
    isLimit: remedy === 'wait',
    waitMs: error?.retryAfterMs ?? 0,
    // An access key is the reader's own business, and a limit does what it is there for.
    reference: remedy === 'key' || remedy === 'wait' ? null : (error?.requestId ?? null),
  }
}
