import { describe, expect, test } from 'vitest'
import { errorInStream, errorInSuccess, readRefusal } from '../../worker/upstreams/refusal.ts'
import { allWords } from '../support/all-words.ts'

const textOf = (body: unknown) => (typeof body === 'string' ? body : JSON.stringify(body))
const refused = async (status: number, body: unknown, headers = {}) =>
  (await readRefusal(new Response(textOf(body), { status, headers }), allWords)).error

const said = {
  error: {
    message: 'Unknown parameter: `foo`.',
    type: 'invalid_request_error',
    param: 'foo',
    code: 'unknown',
  },
}

test.each([400, 404, 413, 422, 429])(
  '%s: the upstream speaks about the request, so it is heard',
  async (status) => {
    const error = await refused(status, said)
    expect(error.status).toBe(status)
    expect(error.envelope()).toEqual(said)
  },
)

test.each([
  [401, 502, 'upstream_refused'],
  [402, 502, 'upstream_refused'],
  [403, 502, 'upstream_refused'],
  [302, 502, 'upstream_invalid'],
  [500, 502, 'upstream_error'],
  [503, 503, 'upstream_overloaded'],
  [529, 503, 'upstream_overloaded'],
])('%s is about this Worker: %s %s, in our words', async (status, own, code) => {
  const error = await refused(status, { error: { message: 'Incorrect API key provided: sk-abcdef.' } })
  expect(error.status).toBe(own)
  expect(error.envelope().error.code).toBe(code)
  expect(error.message).not.toContain('key')
})

test('the headers that clients back off by go through, all others stay', async () => {
  const headers = {
    'retry-after': '7',
    'retry-after-ms': '7000',
    'x-should-retry': 'true',
    'x-request-id': 'req_1',
    'x-ratelimit-remaining-tokens': '0',
    'set-cookie': 'a=b',
    'openai-organization': 'acme',
    server: 'host-1',
  }
  expect(Object.keys((await refused(429, said, headers)).headers).sort()).toEqual([
    'retry-after',
    'retry-after-ms',
    'x-ratelimit-remaining-tokens',
    'x-request-id',
    'x-should-retry',
  ])
})

test.each([
  ['not JSON', '<html>'],
  ['no words', { success: false }],
  ['too long', `{"error":"${'x'.repeat(70_000)}"}`],
])('%s: the status alone is passed on', async (_, body) => {
  const error = await refused(400, body)
  expect(error.status).toBe(400)
  expect(error.envelope().error).toMatchObject({ code: 'upstream_rejected' })
})

test.each([[[said]], [{ object: 'error', ...said.error }]])(
  'the words are heard in other forms, too: %j',
  async (body) => {
    expect((await refused(400, body)).envelope()).toEqual(said)
  },
)

test('words about the account are removed, in every form', async () => {
  for (const body of [
    { detail: 'Bad key.' },
    { message: 'Bad key.' },
    { object: 'error', message: 'Bad key.' },
  ]) {
    expect(JSON.stringify((await refused(401, body)).envelope())).not.toContain('Bad key')
  }
})

describe('an error that came with status 200 is treated as if it had come with its own status', () => {
  const inSuccess = (body: unknown) =>
    errorInSuccess(body, new Response(null, { headers: { 'retry-after': '7' } }), allWords)
  const message = 'No.'

  test.each([
    ['none named', { error: { message } }, 400, 400, 'upstream_rejected'],
    ['in the error', { error: { message, code: 404 } }, 404, 404, 'upstream_rejected'],
    ['beside it', { object: 'error', message, code: 422 }, 422, 422, 'upstream_rejected'],
    ['a limit', { code: 429, message }, 429, 429, 'upstream_rejected'],
    ['a limit by its name', { error: { message, type: 'rate_limit_error' } }, 429, 429, 'upstream_rejected'],
    ['a failure', { error: { message, status: 500 } }, 500, 502, 'upstream_error'],
    ['an overload', { error: { message, code: '503' } }, 503, 503, 'upstream_overloaded'],
    ['our key', { error: { message, code: 'invalid_api_key' } }, 401, 502, 'upstream_refused'],
    ['a list', { errors: [{ message }] }, 400, 400, 'upstream_rejected'],
  ])('an error with %s: %j', (_, body, named, status, code) => {
    const refusal = inSuccess(body)
    expect(refusal?.status).toBe(named)
    expect(refusal?.error).toMatchObject({
      status,
      code,
      upstreamStatus: 200,
      headers: { 'retry-after': '7' },
    })
    if (code === 'upstream_rejected') expect(refusal?.error.message).toBe(message)
    else expect(refusal?.error.message).not.toContain(message)
  })

  test('an answer is no error', () => {
    expect(inSuccess({ choices: [] })).toBeUndefined()
  })
})

describe('an error in a stream', () => {
  const wire = { message: 'No.', type: 'server_error', param: null }

  test.each([
    ['no status', null, 'upstream_error', 502, 'No.'],
    ['a failure', '500', 'upstream_error', 502, 'No.'],
    ['an overload', 'overloaded_error', 'upstream_error', 502, 'No.'],
    ['a limit', 'rate_limit_exceeded', 'upstream_rejected', 429, 'No.'],
    ['a mistake', '400', 'upstream_rejected', 400, 'No.'],
    ['our key', 'invalid_api_key', 'upstream_refused', 502, expect.stringContaining('credentials')],
  ])('with %s in its code: %s is %s', (_, code, own, status, message) => {
    expect(errorInStream(allWords)({ ...wire, code })).toMatchObject({ code: own, status, message })
  })

  test('of an answer that is judged has no words of the upstream', () => {
    const { error } = errorInStream(undefined)({ ...wire, code: 'odd' }).envelope()
    expect(error).toMatchObject({ message: 'The upstream failed.', code: 'upstream_error' })
  })
})
