import { describe, expect, test, vi } from 'vitest'
import { ChatError, clientError, serverError } from '../../../../client/stream/chat-error.ts'
import { en } from '../../../../client/widget/strings/en.ts'
import { tellOwner } from '../../../../client/widget/talk/tell-owner.ts'
import { troubleOf } from '../../../../client/widget/talk/trouble.ts'
import { explainTrouble, isTooLong } from '../../../../client/widget/view/explain-trouble.ts'
import { ApiError, type ErrorCode } from '../../../../worker/errors.ts'

/** What a reader is told of an error, before or after a part of the answer had come. */
const explain = (error: unknown, began: boolean) => explainTrouble(troubleOf(error, { began, at: 7 }), en)

/** What can meet a reader of this page; the other codes blame a request that this page does not send. */
const MET: ErrorCode[] = [
  'too_many_messages',
  'body_too_large',
  'body_timeout',
  'server_busy',
  'model_not_found',
  'access_key_required',
  'invalid_access_key',
  'stream_not_found',
  'idempotency_key_reused',
  'too_many_streams',
  'too_many_readers',
  'stream_too_long',
  'interrupted',
  'object_unavailable',
  'content_filter',
  'moderation_unavailable',
  'too_fast',
  'origin_not_allowed',
  'sessions_unavailable',
  'invalid_session',
  'session_expired',
  'too_many_sessions',
  'tokens_per_day_exceeded',
  'total_tokens_per_day_exceeded',
  'concurrency_exceeded',
  'turnstile_required',
  'turnstile_failed',
  'turnstile_unavailable',
  'role_not_allowed',
  'field_not_allowed',
  'prompt_too_long',
  'budget_reached',
  'configuration_error',
  'internal_error',
  'upstream_refused',
  'upstream_unreachable',
  'upstream_error',
  'upstream_overloaded',
  'upstream_invalid',
  'upstream_truncated',
  'upstream_connect_timeout',
  'upstream_first_byte_timeout',
  'upstream_silence_timeout',
  'upstream_total_timeout',
]

test.each(MET)('%s has words of its own', (code) => {
  const { error } = new ApiError(code).envelope()
  const { title, advice } = explain(serverError(error, {}), false)
  expect(title).not.toBe('Something went wrong')
  expect(advice).not.toContain(error.message)
})

test('an answer that broke off can be tried again, and what had arrived is kept', () => {
  const error = clientError('truncated', 'EOF', { requestId: 'r-1' })
  expect(explain(error, true)).toEqual({
    title: 'The answer broke off',
    advice: 'The connection ended before the answer did.',
    kept: 'What had arrived is kept.',
    retry: true,
    startOver: false,
    key: 'none',
    isLimit: false,
    waitMs: 0,
    reference: 'r-1',
  })
})

test('of an answer that never began nothing is kept', () => {
  expect(explain(clientError('truncated', 'EOF'), false).kept).toBe('')
})

test('a lost connection is not an unreachable server', () => {
  const error = clientError('network', 'reset')
  expect(explain(error, false).title).toBe('The server could not be reached')
  expect(explain(error, true).title).toBe('The connection was lost')
})

test('a wrong key asks for another one, not for another try', () => {
  const error = new ChatError('m', { code: 'invalid_access_key', type: 'authentication_error', status: 401 })
  expect(explain(error, false)).toMatchObject({ key: 'asked', retry: false, reference: null })
})

test.each(['access_key_required', 'sessions_unavailable'])(
  '%s: visitors are told that the chat is not set up, and who has a key may enter it',
  (code) => {
    const error = new ChatError('m', { code, type: 'x', status: 401, requestId: 'r-1' })
    expect(explain(error, false)).toMatchObject({
      title: 'This chat isn’t set up yet',
      advice: 'Whoever runs this page has to look into it.',
      key: 'taken',
      retry: false,
      reference: 'r-1',
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
    retry: true,
    isLimit: true,
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
  expect(explain(error, false)).toMatchObject({ isLimit: true, retry: true, waitMs: 19_283_000 })
})

test("an unknown refusal is told in the server's own words", () => {
  const error = new ChatError('`max_tokens` is too large.', { code: 'odd', type: 'x', status: 400 })
  expect(explain(error, false)).toMatchObject({
    title: 'This question was refused',
    advice: '`max_tokens` is too large.',
  })
})

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
      retry: false,
      reference: null,
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
