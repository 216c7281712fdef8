import { expect, test } from 'vitest'
import { readRefusal } from '../../worker/upstreams/refusal.ts'

const refused = (status: number, body: unknown, headers = {}) =>
  readRefusal(new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers }))

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
  ['sk-proj-abcDEF123456', 'a key'],
  ['Bearer eyJhbGciOi', 'a token'],
  ['org-AbC123xyz789', 'an organisation'],
  ['http://10.0.0.7:8000/v1/chat', 'an address'],
  ['10.0.0.7:8000', 'a host'],
  ['\n    at Server.handle (/srv/app.js:10:3)', 'a stack trace'],
])('%j, %s, is taken out of the message', async (secret) => {
  const error = await refused(400, { error: { message: `Wrong: ${secret}` } })
  expect(error.message).toBe('Wrong: […]')
})

test('a page that explains the error stays', async () => {
  const message = 'Too long. See https://platform.openai.com/docs/models for limits.'
  expect((await refused(400, { error: { message } })).message).toBe(message)
})

test.each([
  ['not JSON', '<html>'],
  ['no envelope', { detail: 'x' }],
  ['too long', `{"error":"${'x'.repeat(70_000)}"}`],
])('%s: the status alone is passed on', async (_, body) => {
  const error = await refused(400, body)
  expect(error.status).toBe(400)
  expect(error.envelope().error).toMatchObject({ code: 'upstream_rejected' })
})

test('an envelope in an array is one', async () => {
  expect((await refused(400, [said])).envelope()).toEqual(said)
})
