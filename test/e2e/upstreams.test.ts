/** The next upstream is asked where one fails before its first content, on every route. */
import { describe, expect, test } from 'vitest'
import { ask, askStream, QUESTION } from '../support/caller.ts'
import { chatJson, openStream } from '../support/gate.ts'
import { begin, RESPONSE_ID, responseOf, TEXT_ANSWER, wireOf } from '../support/responses.ts'
import { cut, end, hang, inOrder, reset, type Script, send } from '../support/script.ts'
import { answer, begun, events, failing, json, page, streamHead } from '../support/scripts.ts'
import { completion, delta, errorForms, event, role } from '../support/sse.ts'
import { KEYS, useTwoUpstreams } from '../support/two-upstreams.ts'
import type { Call } from '../support/upstream.ts'

const house = useTwoUpstreams({ step: '@1s', most: 200 })

type Fields = Record<string, unknown>

const respond = (fields: Fields) =>
  fetch(`${house.url}/v1/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ input: 'Say hello.', ...fields }),
  })

interface Way {
  ask(fields: Fields): Promise<Response>
  isStreamed: boolean
  isResponse?: true
}

const WAYS: Record<string, Way> = {
  'a chat, streamed': { ask: (fields) => askStream(house.url, fields), isStreamed: true },
  'a chat, whole': { ask: (fields) => ask(house.url, { ...QUESTION, ...fields }), isStreamed: false },
  '/chat': { ask: (fields) => chatJson(house.url, fields), isStreamed: true },
  '/v1/streams': { ask: (fields) => openStream(house.url, fields), isStreamed: true },
  'a response, streamed': {
    ask: (fields) => respond({ ...fields, stream: true }),
    isStreamed: true,
    isResponse: true,
  },
  'a response, whole': { ask: respond, isStreamed: false, isResponse: true },
  'a response that is kept': {
    ask: (fields) => respond({ ...fields, stream: true, background: true }),
    isStreamed: true,
    isResponse: true,
  },
}

/** What the first one has said before it fails. None of it may reach the caller. */
const FIRST_SAID = { id: 'chatcmpl-of-the-first', 'x-request-id': 'req_of_the_first' }
const firstHead = streamHead({ 'x-request-id': FIRST_SAID['x-request-id'] })

function beginning({ path }: Call): string {
  if (path !== '/v1/responses') return role().replace('chatcmpl-9', FIRST_SAID.id)
  return wireOf(begin()).replaceAll(RESPONSE_ID, FIRST_SAID.id)
}

const begins: Script = (reply) => inOrder(firstHead, send(beginning(reply.call)))(reply)

const errorFrame = ({ path }: Call, code: string) =>
  path === '/v1/responses'
    ? `event: error\n${event({ type: 'error', code, message: 'No.', param: null })}`
    : event({ error: { message: 'No.', type: code, param: null, code } })

const framed =
  (code: string): Script =>
  (reply) =>
    inOrder(firstHead, send(errorFrame(reply.call, code)), end)(reply)

const errorAfterBeginning: Script = (reply) =>
  inOrder(begins, send(errorFrame(reply.call, 'server_error')), end)(reply)

/** How the first one fails, and the status and the code of it in the log. */
const FAILURES: Record<string, { script: Script; status?: number; code: string; streamedOnly?: true }> = {
  'a reset': { script: reset, code: 'upstream_unreachable' },
  '408': { script: failing(408), status: 408, code: 'upstream_error' },
  '429': { script: failing(429, {}, { 'retry-after': '20' }), status: 429, code: 'upstream_rejected' },
  '500': { script: failing(500), status: 500, code: 'upstream_error' },
  '503 in HTML': { script: page('<p>Busy', 'text/html', 503), status: 503, code: 'upstream_overloaded' },
  '529': { script: failing(529), status: 529, code: 'upstream_overloaded' },
  '401': { script: failing(401, { code: 'invalid_api_key' }), status: 401, code: 'upstream_refused' },
  '402': { script: failing(402), status: 402, code: 'upstream_refused' },
  '403': { script: failing(403, { message: 'Not here.' }), status: 403, code: 'upstream_refused' },
  'an unknown model': {
    script: failing(404, { code: 'model_not_found' }),
    status: 404,
    code: 'upstream_rejected',
  },
  'HTML with 200': { script: page('<p>Hello', 'text/html'), status: 200, code: 'upstream_invalid' },
  'an error with 200': {
    script: json({ error: { message: 'Busy.', code: 503 } }),
    status: 200,
    code: 'upstream_overloaded',
  },
  silence: { script: hang, code: 'upstream_first_token_timeout', streamedOnly: true },
  'silence after the head': {
    script: inOrder(firstHead, hang),
    code: 'upstream_first_token_timeout',
    streamedOnly: true,
  },
  'no content in time': {
    script: inOrder(begins, hang),
    code: 'upstream_first_token_timeout',
    streamedOnly: true,
  },
  'an error first': {
    script: framed('server_error'),
    status: 200,
    code: 'upstream_error',
    streamedOnly: true,
  },
  'an error after the beginning': {
    script: errorAfterBeginning,
    status: 200,
    code: 'upstream_error',
    streamedOnly: true,
  },
  'an end after the beginning': {
    script: inOrder(begins, end),
    status: 200,
    code: 'upstream_truncated',
    streamedOnly: true,
  },
  'a cut after the beginning': {
    script: inOrder(begins, cut),
    code: 'upstream_truncated',
    streamedOnly: true,
  },
  'a malformed first event': {
    script: inOrder(firstHead, send('data: {"choi\n\n'), hang),
    status: 200,
    code: 'upstream_invalid',
    streamedOnly: true,
  },
}

const answers: Script = (reply) => {
  const { path, request } = reply.call
  const isResponse = path === '/v1/responses'
  if (request.stream === true)
    return (isResponse ? events([wireOf(TEXT_ANSWER)]) : answer(['Hello', '!']))(reply)
  return json(isResponse ? responseOf({ status: 'completed' }) : completion('Hello!'))(reply)
}

const lineOf = async (model: string) => {
  await expect
    .poll(() => house.logs.filter((line) => line.model === model), { timeout: 5000 })
    .toHaveLength(1)
  return house.logs.find((line) => line.model === model)
}

describe.each(Object.entries(WAYS))('%s', (_, way) => {
  const kinds = Object.entries(FAILURES).filter(([, { streamedOnly }]) => way.isStreamed || !streamedOnly)

  test.each(kinds)(
    'after %s the second one answers, and nothing of the first is seen',
    async (_, failure) => {
      const { model, first, second } = house.fresh()
      house.first.next(failure.script)
      house.second.next(answers)
      const response = await way.ask({ model })
      const text = await response.text()
      expect(response.status, text).toBeLessThan(300)
      expect(text).toMatch(way.isResponse ? /w\\u00f6rld|wörld|completed/ : /Hello/)
      expect(response.headers.get('x-millrace-upstream')).toBe(second)
      expect(text + JSON.stringify([...response.headers])).not.toMatch(/of.the.first/)
      expect([house.first.calls.length, house.second.calls.length]).toEqual([1, 1])
      expect(house.first.calls[0]).toMatchObject({
        request: { model: 'theirs' },
        headers: { authorization: `Bearer ${KEYS.first}` },
      })
      expect(house.second.calls[0]).toMatchObject({
        request: { model },
        headers: { authorization: `Bearer ${KEYS.second}` },
      })
      // The first one was left before the second was asked.
      await house.first.until(({ open }) => open === 0)
      expect(await lineOf(model)).toMatchObject({
        upstream: second,
        retries: 1,
        end: 'done',
        attempts: [
          {
            upstream: first,
            code: failure.code,
            ms: expect.any(Number),
            ...(failure.status && { status: failure.status }),
          },
        ],
      })
    },
  )

  test.each<[string, Script, string]>([
    ['400', failing(400, { message: 'No such field.' }), 'No such field'],
    ['another 404', failing(404, { message: 'No such path.' }), 'No such path'],
    ['413', failing(413, { message: 'Too large.' }), 'Too large'],
    ['422', failing(422, { message: 'Not so.' }), 'Not so'],
    ['a content policy', failing(400, { code: 'content_filter', message: 'Filtered.' }), 'Filtered'],
    [
      'what moderation flagged, with 403',
      failing(403, { message: 'Your input was flagged.' }),
      'upstream_refused',
    ],
    [
      'a context that is too long',
      failing(400, { code: 'context_length_exceeded', message: 'Too long.' }),
      'Too long',
    ],
  ])('after %s no other one is asked', async (_, script, words) => {
    const { model, first } = house.fresh()
    house.first.next(script)
    const response = await way.ask({ model })
    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(await response.text()).toContain(words)
    expect(response.headers.get('x-millrace-upstream')).toBe(first)
    expect(house.second.calls).toHaveLength(0)
  })
})

test('where none is left, the error is told with a status, and the last upstream is left as well', async () => {
  for (const [, way] of Object.entries(WAYS).filter(([, { isStreamed }]) => isStreamed)) {
    const { model, first, second } = house.fresh()
    house.first.next(reset)
    house.second.next((reply) => inOrder(begins, send(errorFrame(reply.call, 'server_error')), hang)(reply))
    const response = await way.ask({ model })
    expect(response.status).toBe(502)
    expect(await response.text()).toContain('No.')
    expect(response.headers.get('x-millrace-upstream')).toBe(second)
    await house.second.until(({ open }) => open === 0)
    await expect
      .poll(() => house.logs.find((line) => line.model === model && line.end === 'failed'))
      .toMatchObject({ attempts: [{ upstream: first }, { upstream: second, code: 'upstream_error' }] })
    await house.first.clear()
    await house.second.clear()
  }
})

test('never in mid-answer: that is the error that it is', async () => {
  for (const how of [cut, inOrder(send(errorForms['a frame of its own']), end)]) {
    const { model, first } = house.fresh()
    house.first.next(inOrder(begun([role(), delta('Hello')]), how))
    const response = await askStream(house.url, { model })
    expect(await response.text()).toMatch(/Hello.*"error"/s)
    expect(response.headers.get('x-millrace-upstream')).toBe(first)
    expect(house.second.calls).toHaveLength(0)
  }
})
