import { expect, test } from 'vitest'
import { rateError } from '../../worker/admission/rate.ts'
import type { CallerLimits } from '../../worker/budget/budget-state.ts'
import { createLedger } from '../../worker/budget/ledger.ts'
import { openDatabase } from '../support/sqlite.ts'

const NOON = Date.UTC(2026, 10, 22, 12)
const LIMITS: CallerLimits = { tokensPerDay: 20_000, concurrency: 2, sliced: false }

/** What the caller gets whose calls of so many tokens are running, and who asks for one more of `tokens`. */
function refused(running: number[], tokens: number) {
  const ledger = createLedger(openDatabase())
  const [last] = [...running, tokens]
    .map((output, i) =>
      ledger.reserve({ id: `${i}`, prompt: 0, output, expiresAt: NOON + 60_000 }, LIMITS, NOON),
    )
    .reverse()
  if (last?.kind !== 'refused') throw new Error('It was reserved.')
  return rateError(last.refusal, last.state, NOON)
}

test('a refusal of tokens names the limit, the rest, and when it begins anew', async () => {
  const response = refused([19_000], 20_000).toResponse('json')
  expect(response.status).toBe(429)
  expect(await response.json()).toEqual({
    error: {
      message:
        'This call may take 20,000 tokens; of your 20,000 for today 1,000 are left, until 2026-11-23T00:00:00Z. Some may be free sooner.',
      type: 'rate_limit_error',
      param: null,
      code: 'tokens_per_day_exceeded',
    },
  })
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'retry-after': '2',
    'retry-after-ms': '2000',
    'x-should-retry': 'true',
    'x-ratelimit-limit-tokens': '20000',
    'x-ratelimit-remaining-tokens': '1000',
    'x-ratelimit-reset-tokens': '12h0m0s',
    'x-ratelimit-limit-requests': '2',
    'x-ratelimit-remaining-requests': '1',
    'x-ratelimit-reset-requests': '2s',
  })
})

test('a call that is larger than the day is not to be tried again', () => {
  const error = refused([], 20_001)
  expect(error.message).toBe(
    'This call may take 20,001 tokens, more than your 20,000 for a day: ask for less.',
  )
  expect(error.headers).toMatchObject({ 'retry-after': '43200', 'x-should-retry': 'false' })
})

test('one call too many at once is refused until another ends', () => {
  const error = refused([100, 100], 100)
  expect(error.code).toBe('concurrency_exceeded')
  expect(error.message).toBe('2 calls at once are the most: ask again when one has ended.')
  expect(error.headers).toMatchObject({ 'retry-after': '2', 'x-should-retry': 'true' })
})

test("the deployment's limit is named as the deployment's", () => {
  const state = {
    used: 0,
    reserved: 0,
    left: undefined,
    limit: undefined,
    running: 0,
    concurrency: undefined,
    resetsAt: NOON,
  }
  const resetsAt = NOON + 12 * 3_600_000
  const refusal = { allowed: 1_000_000, left: 50, needed: 600, resetsAt, retryAfterMs: resetsAt - NOON }
  const error = rateError({ limit: 'total_tokens_per_day', ...refusal }, state, NOON)
  expect(error.code).toBe('total_tokens_per_day_exceeded')
  expect(error.message).toBe(
    "This call may take 600 tokens; of this deployment's 1,000,000 for today 50 are left, until 2026-11-23T00:00:00Z.",
  )
})
