import { describe, expect, test, vi } from 'vitest'
import { endOf } from '../../worker/answer/end.ts'
import { ownError } from '../../worker/errors.ts'
import { ERROR_BODY_MS } from '../../worker/limits.ts'
import { toBytes } from '../../worker/protocol/encode.ts'
import { errorInStream, errorInSuccess, readRefusal } from '../../worker/upstreams/refusal.ts'
import { createWords, type UpstreamWords } from '../../worker/upstreams/words.ts'
import { asker } from '../support/an-upstream.ts'

const textOf = (body: unknown) => (typeof body === 'string' ? body : JSON.stringify(body))
const refused = async (status: number, body: unknown, headers = {}) =>
  (await readRefusal(new Response(textOf(body), { status, headers }), asker)).error

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

describe('the log', () => {
  const key = { message: 'Incorrect API key provided: sk-abcdefgh.', type: 'invalid_request_error' }
  const logged = async (status: number, error: object, question?: string) => {
    const response = new Response(JSON.stringify({ error }), { status })
    const asked = { ...asker, ...(question !== undefined && { question: toBytes(question) }) }
    return (await readRefusal(response, asked)).error.notes
  }

  test.each([
    ['a wrong key', 401, { ...key, code: 'invalid_api_key' }, 'invalid_api_key', 'OPENAI_API_KEY'],
    ['a spent quota', 429, { message: 'm', code: 'insufficient_quota' }, 'insufficient_quota', undefined],
    ['a limit', 429, { message: 'm', code: 'rate_limit_exceeded' }, 'rate_limit_exceeded', undefined],
    ['a type for want of a code', 429, { message: 'm', type: 'tokens' }, 'tokens', undefined],
    ['a model', 404, { message: 'm', code: 'model_not_found' }, 'model_not_found', 'MODELS'],
    ['a model, without access', 403, { message: 'm', code: 'model_not_found' }, 'model_not_found', 'MODELS'],
    [
      'a model, in words',
      404,
      { message: 'model "x" not found, try pulling it first' },
      'server_error',
      'MODELS',
    ],
    [
      'a model, as Azure says',
      404,
      { message: 'm', code: 'DeploymentNotFound' },
      'DeploymentNotFound',
      'MODELS',
    ],
    ['a path', 404, { message: 'Not Found' }, 'server_error', 'OPENAI_BASE_URL'],
    [
      'a place',
      403,
      { message: 'm', code: 'unsupported_country_region_territory' },
      'unsupported_country_region_territory',
      'LOCATION_HINT',
    ],
    [
      'a mistake',
      400,
      { message: 'm', code: 'context_length_exceeded' },
      'context_length_exceeded',
      undefined,
    ],
    [
      'a code that is none',
      400,
      { message: 'm', type: 'a b', code: 'what you asked for' },
      undefined,
      undefined,
    ],
    [
      'an endless code',
      400,
      { message: 'm', type: 'x'.repeat(65), code: 'x'.repeat(65) },
      undefined,
      undefined,
    ],
  ])('has of %s the code, and the setting that mends it', async (_, status, error, code, setting) => {
    expect(await logged(status, error)).toEqual({
      upstream_status: status,
      ...(code && { upstream_code: code }),
      ...(setting && { setting }),
      ...(status === 401 && { cause: expect.any(String) }),
    })
  })

  test('has what is said of the account, without the key, and nothing else that is said', async () => {
    expect((await logged(401, key)).cause).toBe('Incorrect API key provided: […]')
    expect((await logged(402, { message: 'x '.repeat(1000) })).cause?.length).toBeLessThanOrEqual(300)
    for (const status of [400, 403, 404, 422, 429, 500, 503]) {
      expect((await logged(status, key)).cause, String(status)).toBeUndefined()
    }
  })

  test('has nothing that was asked', async () => {
    const message = 'Unauthorized: what colour has the sky?'
    expect((await logged(401, { message }, '{"content":"Why is it blue?"}')).cause).toBe(message)
    for (const asked of [
      'What colour has the sky?',
      'WHAT\\nCOLOUR HAS',
      `{"content":"${'x'.repeat(200_000)}"}`,
    ]) {
      expect((await logged(401, { message }, asked)).cause, asked.slice(0, 30)).toBeUndefined()
    }
  })
})

describe('on one’s own machine', () => {
  const { forKeys, forOwner, forVisitors } = createWords({
    values: ['s3cret-key-of-the-upstream'],
    hosts: [],
    systemPrompt: 'You sell shoes for Acme, and nothing else.',
  })
  const says = async (words: UpstreamWords, message: string, status = 401) => {
    const response = new Response(JSON.stringify({ error: { message, code: 'invalid_api_key' } }), { status })
    return (await readRefusal(response, { ...asker, words })).error
  }

  test('the caller reads what the upstream says of the account, cleaned', async () => {
    const error = await says(forOwner, 'Incorrect API key provided: s3cret-key-of-the-upstream.')
    expect(error.envelope().error).toEqual({
      message:
        "The upstream refused this Worker's credentials or location. (invalid_api_key) Incorrect API key provided: […].",
      type: 'server_error',
      param: null,
      code: 'upstream_refused',
    })
    expect((await says(forOwner, 'Overloaded.', 503)).message).toContain('Overloaded.')
    const quoted = await says(forOwner, 'You sell shoes for Acme, and nothing else.')
    expect(quoted.message).not.toContain('shoes')
  })

  test('and nowhere else', async () => {
    for (const words of [forKeys, forVisitors]) {
      for (const status of [401, 403, 500, 503]) {
        expect((await says(words, 'Zebra.', status)).message).not.toMatch(/Zebra|invalid_api_key/)
      }
    }
  })
})

test('a refusal whose body never ends is known by its status', async () => {
  vi.useFakeTimers()
  const cancel = vi.fn()
  const response = new Response(new ReadableStream({ cancel }), { status: 503 })
  const refusal = readRefusal(response, asker)
  await vi.advanceTimersByTimeAsync(ERROR_BODY_MS)
  expect((await refusal).error).toMatchObject({ code: 'upstream_overloaded' })
  expect(cancel, 'its connection is given up').toHaveBeenCalled()
  vi.useRealTimers()
})

describe('an error that came with status 200 is treated as if it had come with its own status', () => {
  const inSuccess = (body: unknown) =>
    errorInSuccess(body, new Response(null, { headers: { 'retry-after': '7' } }), asker)
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
      notes: { upstream_status: 200 },
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
    ['a policy', 'content_filter', 'upstream_rejected', 400, 'No.'],
    ['a context', 'context_length_exceeded', 'upstream_rejected', 400, 'No.'],
    ['our key', 'invalid_api_key', 'upstream_refused', 502, expect.stringContaining('credentials')],
  ])('with %s in its code: %s is %s', (_, code, own, status, message) => {
    expect(errorInStream({ ...wire, code }, asker)).toMatchObject({ code: own, status, message })
  })

  test('of an answer that was cut says that, and that it is not whole', () => {
    const { code, status } = errorInStream(ownError('upstream_truncated'), asker, true)
    expect([code, status, endOf(errorInStream(ownError('upstream_truncated'), asker)).state]).toEqual([
      'upstream_truncated',
      502,
      'truncated',
    ])
  })

  test('of an answer that is judged has no words of the upstream', () => {
    const { error } = errorInStream({ ...wire, code: 'odd' }, asker, true).envelope()
    expect(error).toMatchObject({ message: 'The upstream failed.', code: 'upstream_error' })
  })
})
