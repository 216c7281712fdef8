/** Explains an error to the reader: what happened, and what to do. */
import type { Strings } from '../strings/en.ts'
import { PAGE_FAILED, PAGE_LEFT, type Trouble } from '../talk/trouble.ts'

export interface Explanation {
  title: string
  advice: string
  /** What happened to the text that had arrived; empty if there is none. */
  kept: string
  /** Whether asking again may help. */
  retry: boolean
  /** Whether a new conversation is offered, which takes the question along. */
  startOver: boolean
  /** Whether an access key is asked for, or one may be entered by who has one. */
  key: 'asked' | 'taken' | 'none'
  /** Whether this is a limit, not a defect. */
  isLimit: boolean
  /** How long to wait before a retry. */
  waitMs: number
  /** The request's id, for the server's operator. */
  reference: string | null
}

type Name = keyof Strings
type Words = [title: Name, advice: Name, remedy?: 'retry' | 'wait' | 'key' | 'have key' | 'start over']

/** Sent alone: a question whose conversation is too long is sent again without the oldest messages. */
const TOO_LONG: Words = ['questionTooLong', 'questionTooLongAdvice', 'start over']
const NO_ANSWER: Words = ['noAnswer', 'noAnswerAdvice', 'retry']
const BUSY: Words = ['modelBusy', 'moment', 'retry']
const NOT_SET_UP: Words = ['notSetUp', 'owner']
const TOO_MANY: Words = ['tooMany', 'moment', 'wait']
const TOO_MANY_ANSWERS: Words = ['tooManyAnswers', 'tooManyAnswersAdvice', 'wait']
const NO_VISITORS: Words = ['notSetUpYet', 'owner', 'have key']
const NO_SESSION: Words = ['sessionOver', 'sessionOverAdvice', 'retry']
const NOT_FOR_VISITORS: Words = ['refused', 'notForVisitors']
const NO_CHECK: Words = ['noCheck', 'noCheckAdvice', 'retry']
const GARBLED: Words = ['garbled', 'garbledAdvice', 'retry']

/** By code, in the order of the Worker's list of errors, then OpenAI's codes, then the client's. */
const BY_CODE: Record<string, Words> = {
  too_many_messages: TOO_LONG,
  body_too_large: TOO_LONG,
  body_timeout: NO_ANSWER,
  content_filter: ['notLetThrough', 'notLetThroughAdvice'],
  moderation_unavailable: ['notChecked', 'notCheckedAdvice', 'retry'],
  model_not_found: ['noModel', 'noModelAdvice', 'retry'],
  access_key_required: NO_VISITORS,
  invalid_access_key: ['wrongKey', 'wrongKeyAdvice', 'key'],
  stream_not_found: ['forgotten', 'forgottenAdvice', 'retry'],
  idempotency_key_reused: ['notSent', 'notSentAdvice', 'retry'],
  too_fast: ['tooFast', 'moment', 'wait'],
  too_many_streams: TOO_MANY_ANSWERS,
  too_many_readers: ['tooManyPlaces', 'tooManyPlacesAdvice'],
  origin_not_allowed: ['notThisPage', 'owner'],
  sessions_unavailable: NO_VISITORS,
  invalid_session: NO_SESSION,
  session_expired: NO_SESSION,
  too_many_sessions: ['manyFromHere', 'manyFromHereAdvice', 'wait'],
  tokens_per_day_exceeded: ['dayOver', 'dayOverAdvice', 'wait'],
  total_tokens_per_day_exceeded: ['pageDayOver', 'pageDayOverAdvice', 'wait'],
  concurrency_exceeded: TOO_MANY_ANSWERS,
  turnstile_required: NO_CHECK,
  turnstile_failed: NO_CHECK,
  turnstile_unavailable: NO_CHECK,
  role_not_allowed: NOT_FOR_VISITORS,
  field_not_allowed: NOT_FOR_VISITORS,
  prompt_too_long: TOO_LONG,
  configuration_error: NOT_SET_UP,
  internal_error: ['serverFailed', 'serverFailedAdvice', 'retry'],
  server_busy: ['serverBusy', 'moment', 'retry'],
  object_unavailable: ['serverBusy', 'moment', 'retry'],
  interrupted: ['interrupted', 'interruptedAdvice', 'retry'],
  budget_reached: ['brokeOff', 'noBudgetAdvice'],
  stream_too_long: ['answerTooLong', 'answerTooLongAdvice'],
  upstream_refused: NOT_SET_UP,
  upstream_unreachable: ['noModelReached', 'moment', 'retry'],
  upstream_error: ['modelFailed', 'moment', 'retry'],
  upstream_overloaded: BUSY,
  upstream_invalid: GARBLED,
  upstream_truncated: ['brokeOff', 'truncatedAdvice', 'retry'],
  upstream_connect_timeout: NO_ANSWER,
  upstream_first_byte_timeout: NO_ANSWER,
  upstream_silence_timeout: ['brokeOff', 'silenceAdvice', 'retry'],
  upstream_total_timeout: ['brokeOff', 'tookTooLongAdvice', 'retry'],

  context_length_exceeded: TOO_LONG,
  rate_limit_exceeded: TOO_MANY,
  insufficient_quota: ['noCredit', 'owner'],

  [PAGE_FAILED]: ['wrongHere', 'wrongHereAdvice', 'retry'],
  [PAGE_LEFT]: ['leftUnanswered', 'leftUnansweredAdvice', 'retry'],
  network: ['offline', 'offlineAdvice', 'retry'],
  truncated: ['brokeOff', 'endedEarlyAdvice', 'retry'],
  invalid_event: GARBLED,
  event_too_large: GARBLED,
  not_a_stream: GARBLED,
  not_a_completion: GARBLED,
  not_a_session: GARBLED,
  challenge_failed: NO_CHECK,
}

/** For unknown codes, by the status. */
const BY_STATUS: Record<number, Words> = {
  401: NO_VISITORS,
  403: ['refused', 'owner'],
  413: TOO_LONG,
  429: TOO_MANY,
  502: ['modelFailed', 'moment', 'retry'],
  503: BUSY,
  504: NO_ANSWER,
}

const wordsFor = ({ code, status }: Pick<Trouble, 'code' | 'status'>): Words | undefined =>
  BY_CODE[code ?? ''] ?? BY_STATUS[status ?? 0]

/** Whether fewer messages may be taken. */
export const isTooLong = (trouble: Pick<Trouble, 'code' | 'status'>): boolean =>
  wordsFor(trouble) === TOO_LONG

export function explainTrouble(trouble: Trouble, strings: Strings): Explanation {
  const { code, began } = trouble
  const lost: Words | false = code === 'network' && began && ['lost', 'offlineAdvice', 'retry']
  const known = lost || wordsFor(trouble)
  if (!known) return inItsOwnWords(trouble, strings)
  const [title, advice, remedy] = known
  return explanation(trouble, strings, strings[title], strings[advice], remedy)
}

/** Whether the reader can't mend it, and the site's owner can. */
export function isForOwner(trouble: Trouble): boolean {
  const [, advice] = wordsFor(trouble) ?? []
  return advice === 'owner' || trouble.code === 'model_not_found'
}

/** Shows the server's message: it is written for the author of the request, who is the reader here. */
function inItsOwnWords(trouble: Trouble, strings: Strings): Explanation {
  const refused = trouble.status !== null && trouble.status < 500
  return explanation(trouble, strings, refused ? strings.refused : strings.wrong, trouble.message, 'retry')
}

function explanation(
  { began, requestId, retryAfterMs }: Trouble,
  strings: Strings,
  title: string,
  advice: string,
  remedy: Words[2],
): Explanation {
  return {
    title,
    advice,
    kept: began ? strings.kept : '',
    retry: remedy === 'retry' || remedy === 'wait',
    startOver: remedy === 'start over',
    key: remedy === 'key' ? 'asked' : remedy === 'have key' ? 'taken' : 'none',
    isLimit: remedy === 'wait',
    waitMs: retryAfterMs,
    // The operator can't help with a wrong key or with a limit.
    reference: remedy === 'key' || remedy === 'wait' || remedy === 'start over' ? null : requestId,
  }
}
