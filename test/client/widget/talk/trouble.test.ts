import { expect, test } from 'vitest'
import { clientError, serverError } from '../../../../client/stream/chat-error.ts'
import { PAGE_FAILED, troubleOf, waitLeft } from '../../../../client/widget/talk/trouble.ts'

test('all that a reader is told of a refusal is kept', () => {
  const wire = { message: 'Slow down.', type: 'rate_limit_error', param: null, code: 'too_fast' }
  const error = serverError(wire, { status: 429, requestId: 'req_1', retryAfterMs: 2_000 })
  expect(troubleOf(error, { began: false, at: 7 })).toEqual({
    code: 'too_fast',
    status: 429,
    message: 'Slow down.',
    requestId: 'req_1',
    retryAfterMs: 2_000,
    began: false,
    at: 7,
  })
})

test('a lost connection asks for no wait', () => {
  const trouble = troubleOf(clientError('network', 'Lost.'), { began: true, at: 7 })
  expect(trouble).toMatchObject({ code: 'network', status: null, retryAfterMs: 0, began: true })
  expect(waitLeft(trouble, 8)).toBe(0)
})

test('a defect of the page is told from what the server says', () => {
  const trouble = troubleOf(new TypeError('x is undefined'), { began: false, at: 7 })
  expect(trouble).toMatchObject({ code: PAGE_FAILED, message: 'TypeError: x is undefined', requestId: null })
})

test.each([
  [10_000, 5_000],
  [12_000, 3_000],
  [15_000, 0],
  [99_000, 0],
  // The clock was set back.
  [1_000, 5_000],
])('at %i, %i ms of the wait are left', (now, left) => {
  const error = clientError('http_error', 'No.', { status: 429, retryAfterMs: 5_000 })
  expect(waitLeft(troubleOf(error, { began: false, at: 10_000 }), now)).toBe(left)
})
