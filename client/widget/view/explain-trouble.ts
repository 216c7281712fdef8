/** Explains an error to the reader: what happened, and what to do. */
import type { Strings } from '../strings/en.ts'
import { fill } from '../strings/fill.ts'
import type { Language } from '../strings/load-strings.ts'
import { untilLine } from '../strings/until-line.ts'
import { NOT_YET_SENT, PAGE_FAILED, PAGE_LEFT, PICTURES_GONE, type Trouble } from '../talk/trouble.ts'

export interface Explanation {
  title: string
  advice: string
  /** What happened to the text that had arrived; empty if there is none. */
  kept: string
  /** The button that asks again; empty if asking again can't help. */
  retry: string
  /** Whether a new conversation is offered, which takes the question along. */
  startOver: boolean
  /** Whether an access key is asked for, or one may be entered by who has one. */
  key: 'asked' | 'taken' | 'none'
  /** Whether this is a limit, not a defect. */
  isLimit: boolean
  /** How long to wait before a retry. */
  waitMs: number
  /** Whether `advice` says until when, so that no countdown is needed. */
  saysWhen: boolean
  /** Lines for a report: the code, the server's own message, the request's id. */
  details: string[]
}

type Name = keyof Strings
type Words = [
  title: Name,
  advice: Name,
  remedy?: 'retry' | 'send' | 'wait' | 'day' | 'key' | 'have key' | 'start over',
]

/** Sent alone: a question whose conversation is too long is sent again without the oldest messages. */
const TOO_LONG: Words = ['questionTooLong', 'questionTooLongAdvice', 'start over']
const NO_ANSWER: Words = ['noAnswer', 'moment', 'retry']
const BUSY: Words = ['busy', 'moment', 'retry']
const UNAVAILABLE: Words = ['unavailable', 'moment', 'retry']
const BROKE_OFF: Words = ['brokeOff', 'moment', 'retry']
const NOT_SET_UP: Words = ['notSetUp', 'owner']
const TOO_MANY: Words = ['tooMany', 'moment', 'wait']
const TOO_MANY_ANSWERS: Words = ['tooManyAnswers', 'tooManyAnswersAdvice', 'wait']
const DAY_OVER: Words = ['dayOver', 'tomorrow', 'day']
const NO_VISITORS: Words = ['notSetUpYet', 'owner', 'have key']
const NO_SESSION: Words = ['sessionOver', 'sessionOverAdvice', 'retry']
const REFUSED: Words = ['refused', 'owner']
const NO_CHECK: Words = ['noCheck', 'noCheckAdvice', 'retry']
const GARBLED: Words = ['garbled', 'moment', 'retry']

/** By code, in the order of the Worker's list of errors, then OpenAI's codes, then the client's. */
const BY_CODE: Record<string, Words> = {
  too_many_messages: TOO_LONG,
  body_too_large: TOO_LONG,
  body_timeout: NO_ANSWER,
  content_filter: ['notLetThrough', 'notLetThroughAdvice'],
  moderation_unavailable: ['notChecked', 'notCheckedAdvice', 'retry'],
  model_not_found: ['unavailable', 'owner', 'retry'],
  access_key_required: NO_VISITORS,
  invalid_access_key: ['wrongKey', 'wrongKeyAdvice', 'key'],
  stream_not_found: ['forgotten', 'leftUnansweredAdvice', 'retry'],
  idempotency_key_reused: ['notSent', 'notSentAdvice', 'retry'],
  too_fast: ['tooFast', 'moment', 'wait'],
  too_many_streams: TOO_MANY_ANSWERS,
  too_many_readers: ['tooManyPlaces', 'tooManyPlacesAdvice'],
  origin_not_allowed: ['notThisPage', 'owner'],
  sessions_unavailable: NO_VISITORS,
  invalid_session: NO_SESSION,
  session_expired: NO_SESSION,
  too_many_sessions: ['manyFromHere', 'manyFromHereAdvice', 'wait'],
  tokens_per_day_exceeded: DAY_OVER,
  total_tokens_per_day_exceeded: ['pageDayOver', 'tomorrow', 'day'],
  concurrency_exceeded: TOO_MANY_ANSWERS,
  turnstile_required: NO_CHECK,
  turnstile_failed: NO_CHECK,
  turnstile_unavailable: NO_CHECK,
  role_not_allowed: REFUSED,
  field_not_allowed: REFUSED,
  prompt_too_long: TOO_LONG,
  configuration_error: NOT_SET_UP,
  internal_error: ['wrong', 'wrongAdvice', 'retry'],
  server_busy: BUSY,
  object_unavailable: BUSY,
  interrupted: BROKE_OFF,
  budget_reached: DAY_OVER,
  stream_too_long: ['answerTooLong', 'answerTooLongAdvice'],
  upstream_refused: NOT_SET_UP,
  upstream_unreachable: UNAVAILABLE,
  upstream_error: UNAVAILABLE,
  upstream_overloaded: BUSY,
  upstream_invalid: GARBLED,
  upstream_truncated: BROKE_OFF,
  upstream_connect_timeout: NO_ANSWER,
  upstream_first_byte_timeout: NO_ANSWER,
  upstream_silence_timeout: ['brokeOff', 'silenceAdvice', 'retry'],
  upstream_total_timeout: ['brokeOff', 'tookTooLongAdvice', 'retry'],

  context_length_exceeded: TOO_LONG,
  rate_limit_exceeded: TOO_MANY,
  insufficient_quota: ['unavailable', 'owner'],

  [PAGE_FAILED]: ['wrongHere', 'wrongHereAdvice', 'retry'],
  [PAGE_LEFT]: ['leftUnanswered', 'leftUnansweredAdvice', 'retry'],
  [NOT_YET_SENT]: ['notYetSent', 'notYetSentAdvice', 'send'],
  [PICTURES_GONE]: ['picturesGone', 'picturesGoneAdvice'],
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
  403: REFUSED,
  413: TOO_LONG,
  429: TOO_MANY,
  502: UNAVAILABLE,
  503: BUSY,
  504: NO_ANSWER,
}

export function explainTrouble(trouble: Trouble, language: Language, strings: Strings): Explanation {
  const { began, retryAfterMs } = trouble
  const [title, advice, remedy] = wordsFor(trouble)
  const saysWhen = remedy === 'day'
  const asksAgain = remedy === 'retry' || remedy === 'wait' || remedy === 'day'
  return {
    title: strings[title],
    advice: saysWhen ? untilLine(retryAfterMs, language, strings) : strings[advice],
    kept: began ? strings.kept : '',
    retry: remedy === 'send' ? strings.send : asksAgain ? strings.retry : '',
    startOver: remedy === 'start over',
    key: remedy === 'key' ? 'asked' : remedy === 'have key' ? 'taken' : 'none',
    isLimit: saysWhen || remedy === 'wait',
    waitMs: retryAfterMs,
    saysWhen,
    details: detailsOf(trouble, strings),
  }
}

/** Whether the reader can't mend it, and the site's owner can. */
export function isForOwner(trouble: Trouble): boolean {
  return wordsFor(trouble)[1] === 'owner'
}

/** Whether fewer messages may be taken. */
export const isTooLong = ({ code, status }: Pick<Trouble, 'code' | 'status'>): boolean =>
  wordsFor({ code, status, began: false }) === TOO_LONG

/** An unknown error's own message is for developers, so it is one of the details. */
function wordsFor({ code, status, began }: Pick<Trouble, 'code' | 'status' | 'began'>): Words {
  if (code === 'network' && began) return ['lost', 'offlineAdvice', 'retry']
  const isRefused = status !== null && status < 500
  const unknown: Words = [isRefused ? 'refused' : 'wrong', 'wrongAdvice', 'retry']
  return BY_CODE[code ?? ''] ?? BY_STATUS[status ?? 0] ?? unknown
}

function detailsOf({ code, status, message, requestId }: Trouble, strings: Strings): string[] {
  // No error: the reader has left the page, and knows all about it.
  if (code === PAGE_LEFT || code === NOT_YET_SENT) return []
  const where = [code, status].filter((part) => part !== null).join(' · ')
  const reference = requestId === null ? '' : fill(strings.reference, { id: requestId })
  return [where, message, reference].filter(Boolean)
}
