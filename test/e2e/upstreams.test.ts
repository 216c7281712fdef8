/** The next upstream is asked where one fails before its first content, on every route. */
import { describe, expect, test } from 'vitest'
import { askStream } from '../support/caller.ts'
import { cut, end, hang, inOrder, reset, type Script, send } from '../support/script.ts'
import { begun, failing, json, page } from '../support/scripts.ts'
import { delta, errorForms, role } from '../support/sse.ts'
import { KEYS, type TwoUpstreams, useTwoUpstreams } from '../support/two-upstreams.ts'
import { answers, begins, errorFrame, TRACE_OF_THE_FAILED, WAYS } from '../support/ways.ts'

/** For an upstream that is too slow. */
const impatient = useTwoUpstreams({ step: '@1s', most: 20 })
/** For all others: on a busy machine they too may take more than a second. */
const patient = useTwoUpstreams({ step: '@30s', most: 200 })

const errorAfterBeginning: Script = (reply) =>
  inOrder(begins, send(errorFrame(reply.call, 'server_error')), end)(reply)

/**
 * How the first one fails, and the status and the code of it in the log. Callers have no budget here; the
 * kinds of upstreams-kinds.test.ts are not repeated.
 */
const FAILURES: Record<string, { script: Script; status?: number; code: string; streamedOnly?: true }> = {
  '408': { script: failing(408), status: 408, code: 'upstream_error' },
  '503 in HTML': { script: page('<p>Busy', 'text/html', 503), status: 503, code: 'upstream_overloaded' },
  '529': { script: failing(529), status: 529, code: 'upstream_overloaded' },
  '401': { script: failing(401, { code: 'invalid_api_key' }), status: 401, code: 'upstream_refused' },
  '402': { script: failing(402), status: 402, code: 'upstream_refused' },
  '403': { script: failing(403, { message: 'Not here.' }), status: 403, code: 'upstream_refused' },
  'an error with 200': {
    script: json({ error: { message: 'Busy.', code: 503 } }),
    status: 200,
    code: 'upstream_overloaded',
  },
  'no content in time': {
    script: inOrder(begins, hang),
    code: 'upstream_first_token_timeout',
    streamedOnly: true,
  },
  'an error after the beginning': {
    script: errorAfterBeginning,
    status: 200,
    code: 'upstream_error',
    streamedOnly: true,
  },
  'a cut after the beginning': {
    script: inOrder(begins, cut),
    code: 'upstream_truncated',
    streamedOnly: true,
  },
}

const lineOf = async (house: TwoUpstreams, model: string) => {
  await expect.poll(() => house.logs.filter((line) => line.model === model)).toHaveLength(1)
  return house.logs.find((line) => line.model === model)
}

describe.each(Object.entries(WAYS))('%s', (_, way) => {
  const kinds = Object.entries(FAILURES).filter(([, { streamedOnly }]) => way.isStreamed || !streamedOnly)

  test.each(kinds)(
    'after %s the second one answers, and nothing of the first is seen',
    async (_, failure) => {
      const house = failure.code === 'upstream_first_token_timeout' ? impatient : patient
      const { model, first, second } = house.fresh()
      house.first.next(failure.script)
      house.second.next(answers)
      const response = await way.ask(house.url, { model })
      const text = await response.text()
      expect(response.status, text).toBeLessThan(300)
      expect(text).toMatch(way.isResponse ? /w\\u00f6rld|wörld|completed/ : /Hello/)
      expect(response.headers.get('x-millrace-upstream')).toBe(second)
      expect(text + JSON.stringify([...response.headers])).not.toMatch(TRACE_OF_THE_FAILED)
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
      expect(await lineOf(house, model)).toMatchObject({
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
    const house = patient
    const { model, first } = house.fresh()
    house.first.next(script)
    const response = await way.ask(house.url, { model })
    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(await response.text()).toContain(words)
    expect(response.headers.get('x-millrace-upstream')).toBe(first)
    expect(house.second.calls).toHaveLength(0)
  })
})

test('where none is left, the error is told with a status, and the last upstream is left as well', async () => {
  const house = patient
  for (const [, way] of Object.entries(WAYS).filter(([, { isStreamed }]) => isStreamed)) {
    const { model, first, second } = house.fresh()
    house.first.next(reset)
    house.second.next((reply) => inOrder(begins, send(errorFrame(reply.call, 'server_error')), hang)(reply))
    const response = await way.ask(house.url, { model })
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
  const house = patient
  for (const how of [cut, inOrder(send(errorForms['a frame of its own']), end)]) {
    const { model, first } = house.fresh()
    house.first.next(inOrder(begun([role(), delta('Hello')]), how))
    const response = await askStream(house.url, { model })
    expect(await response.text()).toMatch(/Hello.*"error"/s)
    expect(response.headers.get('x-millrace-upstream')).toBe(first)
    expect(house.second.calls).toHaveLength(0)
  }
})
