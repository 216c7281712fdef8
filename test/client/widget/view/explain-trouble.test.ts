import { describe, expect, test, vi } from 'vitest'
import { ChatError, clientError, serverError } from '../../../../client/stream/chat-error.ts'
import { en } from '../../../../client/widget/strings/en.ts'
import { tellOwner } from '../../../../client/widget/talk/tell-owner.ts'
import { leftUnanswered, troubleOf } from '../../../../client/widget/talk/trouble.ts'
import { explainTrouble, isTooLong } from '../../../../client/widget/view/explain-trouble.ts'
import { ApiError, type ErrorCode } from '../../../../worker/errors.ts'

/** What a reader is told of an error, before or after a part of the answer had come. */
const explain = (error: unknown, began: boolean) =>
  explainTrouble(troubleOf(error, { began, at: 7 }), 'en', en)

const MOMENT = 'Try again in a moment.'
const OWNER = 'Whoever runs this page has to look into it.'
const TOO_LONG = [
  'This question is too long',
  'It does not fit even without the messages before it. Shorten it, then ask again.',
] as const

/** What can meet a reader of this page; the other codes blame a request that this page does not send. */
const MET: [ErrorCode, title: string, advice: string, button?: string][] = [
  ['too_many_messages', ...TOO_LONG],
  ['body_too_large', ...TOO_LONG],
  ['prompt_too_long', ...TOO_LONG],
  ['body_timeout', 'No answer came in time', MOMENT, 'Try again'],
  ['server_busy', 'This chat is busy at the moment', MOMENT, 'Try again'],
  ['object_unavailable', 'This chat is busy at the moment', MOMENT, 'Try again'],
  ['upstream_overloaded', 'This chat is busy at the moment', MOMENT, 'Try again'],
  ['model_not_found', 'This chat can’t answer at the moment', OWNER, 'Try again'],
  ['access_key_required', 'This chat isn’t set up yet', OWNER],
  ['sessions_unavailable', 'This chat isn’t set up yet', OWNER],
  ['invalid_access_key', 'This access key is not valid', 'Check it, and enter it again.'],
  [
    'stream_not_found',
    'The rest of this answer is no longer there',
    'Try again to ask this question once more.',
    'Try again',
  ],
  ['idempotency_key_reused', 'This question could not be sent', 'Ask it once more.', 'Try again'],
  ['too_many_streams', 'Too many answers at once', 'Try again when one of them has ended.', 'Try again'],
  ['concurrency_exceeded', 'Too many answers at once', 'Try again when one of them has ended.', 'Try again'],
  [
    'too_many_readers',
    'This answer is open in too many places',
    'Close some of them, then load this page again.',
  ],
  ['stream_too_long', 'The answer became too long', 'Ask for less at once.'],
  ['interrupted', 'The answer broke off', MOMENT, 'Try again'],
  [
    'content_filter',
    'This question was not let through',
    'It did not pass a safety check. Ask in other words.',
  ],
  [
    'moderation_unavailable',
    'The answer could not be checked',
    'Answers are shown here only when they have been. Try again in a moment.',
    'Try again',
  ],
  ['too_fast', 'You ask very fast', MOMENT, 'Try again'],
  ['origin_not_allowed', 'This chat isn’t set up for this page', OWNER],
  ['invalid_session', 'Your session is over', 'Try again: that begins a new one.', 'Try again'],
  ['session_expired', 'Your session is over', 'Try again: that begins a new one.', 'Try again'],
  [
    'too_many_sessions',
    'Many have come from your network',
    'It may bring the next visitor in a while.',
    'Try again',
  ],
  ['tokens_per_day_exceeded', 'You’ve reached today’s limit', 'Try again tomorrow.', 'Try again'],
  ['budget_reached', 'You’ve reached today’s limit', 'Try again tomorrow.', 'Try again'],
  [
    'total_tokens_per_day_exceeded',
    'This chat has reached today’s limit',
    'Try again tomorrow.',
    'Try again',
  ],
  ...(['turnstile_required', 'turnstile_failed', 'turnstile_unavailable'] as const).map(
    (code): [ErrorCode, string, string, string] => [
      code,
      'The check that you are a person did not work',
      'Try again. An ad blocker may have stopped the check.',
      'Try again',
    ],
  ),
  ['role_not_allowed', 'This question was refused', OWNER],
  ['field_not_allowed', 'This question was refused', OWNER],
  ['configuration_error', 'This chat is not set up correctly', OWNER],
  ['upstream_refused', 'This chat is not set up correctly', OWNER],
  [
    'internal_error',
    'Something went wrong',
    'Try again. If it stays like this, whoever runs this page has to look into it.',
    'Try again',
  ],
  ['upstream_unreachable', 'This chat can’t answer at the moment', MOMENT, 'Try again'],
  ['upstream_error', 'This chat can’t answer at the moment', MOMENT, 'Try again'],
  ['upstream_invalid', 'The answer could not be read', MOMENT, 'Try again'],
  ['upstream_truncated', 'The answer broke off', MOMENT, 'Try again'],
  ['upstream_connect_timeout', 'No answer came in time', MOMENT, 'Try again'],
  ['upstream_first_byte_timeout', 'No answer came in time', MOMENT, 'Try again'],
  ['upstream_silence_timeout', 'The answer broke off', 'Nothing more came for a long time.', 'Try again'],
  ['upstream_total_timeout', 'The answer broke off', 'It took longer than is allowed here.', 'Try again'],
]

test.each(MET)('%s: “%s. %s”', (code, title, advice, retry = '') => {
  const { error } = new ApiError(code).envelope()
  const told = explain(serverError(error, { status: 400, requestId: 'req_1' }), false)
  expect(told).toMatchObject({ title, advice, retry })
  // Behind “Details”, for a report.
  expect(told.details).toEqual([
    `${code} · 400`,
    error.message,
    'Reference for whoever runs this page: req_1',
  ])
})

test.each([
  ['network', 'This chat could not be reached', 'Check your connection, then try again.'],
  ['truncated', 'The answer broke off', 'The connection ended before the answer did.'],
  ['invalid_event', 'The answer could not be read', MOMENT],
  ['event_too_large', 'The answer could not be read', MOMENT],
  ['not_a_stream', 'The answer could not be read', MOMENT],
  ['not_a_completion', 'The answer could not be read', MOMENT],
  ['not_a_session', 'The answer could not be read', MOMENT],
  [
    'challenge_failed',
    'The check that you are a person did not work',
    'Try again. An ad blocker may have stopped the check.',
  ],
] as const)('%s, which the client finds: “%s. %s”', (code, title, advice) => {
  const told = explain(clientError(code, 'Why.'), false)
  expect(told).toMatchObject({ title, advice, retry: 'Try again', details: [code, 'Why.'] })
})

test.each([
  [{}, 'No answer had come when the page was left', 'Try again to ask this question once more.', 'Try again'],
  [
    { isUnsent: true } as const,
    'This question is not sent yet',
    'You were offline. You can send it now.',
    'Send',
  ],
])('a question of an earlier page, %j: “%s. %s”', (unsent, title, advice, retry) => {
  const trouble = leftUnanswered({ key: 'k', askedAt: 7, ...unsent })
  expect(explainTrouble(trouble, 'en', en)).toMatchObject({ title, advice, retry, details: [] })
})

test('a day’s limit says when it is over, in place of a countdown', () => {
  const error = new ChatError('m', { code: 'tokens_per_day_exceeded', type: 'x', retryAfterMs: 60_000 })
  const told = explain(error, false)
  expect(told).toMatchObject({ saysWhen: true, waitMs: 60_000, isLimit: true })
  expect(told.advice).toMatch(/^You can ask again (tomorrow )?from \d/)
})

test('of an answer that never began nothing is kept', () => {
  expect(explain(clientError('truncated', 'EOF'), false).kept).toBe('')
  expect(explain(clientError('truncated', 'EOF'), true).kept).toBe('What had arrived is kept.')
})

test('a lost connection is not an unreachable server', () => {
  const error = clientError('network', 'reset')
  expect(explain(error, false).title).toBe('This chat could not be reached')
  expect(explain(error, true).title).toBe('The connection was lost')
})

test('a wrong key asks for another one, not for another try', () => {
  const error = new ChatError('m', { code: 'invalid_access_key', type: 'authentication_error', status: 401 })
  expect(explain(error, false)).toMatchObject({ key: 'asked', retry: '' })
})

test.each(['access_key_required', 'sessions_unavailable'])(
  '%s: visitors are told that the chat is not set up, and who has a key may enter it',
  (code) => {
    const error = new ChatError('m', { code, type: 'x', status: 401, requestId: 'r-1' })
    expect(explain(error, false)).toMatchObject({
      title: 'This chat isn’t set up yet',
      advice: 'Whoever runs this page has to look into it.',
      key: 'taken',
      retry: '',
    })
  },
)

describe('the console', () => {
  const told = (code: string | null, status: number, message = 'Set THIS.') => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    const error = new ChatError(message, { code, type: 'x', status, requestId: 'r-1' })
    tellOwner(troubleOf(error, { began: false, at: 7 }))
    const calls = log.mock.calls.map(([line]) => line)
    log.mockRestore()
    return calls
  }

  test.each([
    ['origin_not_allowed', 403],
    ['sessions_unavailable', 403],
    ['access_key_required', 401],
    ['configuration_error', 500],
    ['upstream_refused', 502],
    ['model_not_found', 404],
    ['insufficient_quota', 429],
  ])('tells the owner what %s needs', (code, status) => {
    expect(told(code, status)).toEqual([`Millrace: Set THIS. (${code}, r-1)`])
  })

  test.each([
    ['too_fast', 429],
    ['network', 0],
    ['content_filter', 400],
    ['upstream_error', 502],
    [null, 404],
  ])('says nothing of %s, which is nobody’s to set', (code, status) => {
    expect(told(code, status)).toEqual([])
  })
})

test('a rate limit says how long to wait', () => {
  const error = new ChatError('m', { code: null, type: 'requests', status: 429, retryAfterMs: 7000 })
  expect(explain(error, false)).toMatchObject({
    title: 'Too many questions at once',
    retry: 'Try again',
    isLimit: true,
    saysWhen: false,
    waitMs: 7000,
  })
})

test.each([
  'too_fast',
  'too_many_sessions',
  'tokens_per_day_exceeded',
  'total_tokens_per_day_exceeded',
  'concurrency_exceeded',
])('%s is a limit, not a fault, and can be tried again when its wait is over', (code) => {
  const error = new ChatError('m', { code, type: 'rate_limit_error', status: 429, retryAfterMs: 19_283_000 })
  expect(explain(error, false)).toMatchObject({ isLimit: true, retry: 'Try again', waitMs: 19_283_000 })
})

test.each([
  [
    400,
    'This question was refused',
    'Try again. If it stays like this, whoever runs this page has to look into it.',
  ],
  [
    500,
    'Something went wrong',
    'Try again. If it stays like this, whoever runs this page has to look into it.',
  ],
])(
  'an unknown error with %i is told in plain words: the server’s own are a detail',
  (status, title, advice) => {
    const error = new ChatError('`max_tokens` is too large.', { code: 'odd', type: 'x', status })
    expect(explain(error, false)).toMatchObject({
      title,
      advice,
      retry: 'Try again',
      details: [`odd · ${status}`, '`max_tokens` is too large.'],
    })
  },
)

test('a fault of the page itself says nothing of its inside', () => {
  const { title, advice } = explain(new TypeError('x is undefined'), false)
  expect(`${title} ${advice}`).toBe('Something went wrong on this page Reload it, then try again.')
})

test.each([
  ['prompt_too_long', 413],
  ['context_length_exceeded', 400],
  ['context_length_exceeded', null],
  ['too_many_messages', 400],
  ['body_too_large', 413],
  ['request_entity_too_large', 413],
])(
  'of %s with status %s a new conversation is offered, for the question alone is too long',
  (code, status) => {
    const error = new ChatError('m', { code, type: 'x', status, requestId: 'r-1' })
    expect(explain(error, false)).toMatchObject({
      title: 'This question is too long',
      startOver: true,
      retry: '',
    })
    expect(isTooLong(error)).toBe(true)
  },
)

test.each([
  ['stream_too_long', 502],
  ['tokens_per_day_exceeded', 429],
  [null, 400],
])('%s with status %s is nothing that fewer messages mend', (code, status) => {
  expect(isTooLong({ code, status })).toBe(false)
})
