/** Embeddings, transcriptions and pictures, where there are several upstreams. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { lastError, receive, refusal } from '../support/caller.ts'
import { lineOf } from '../support/log-line.ts'
import { type Millrace, startMillrace } from '../support/millrace.ts'
import { ENDPOINTS, IMAGES, WAYS } from '../support/passed.ts'
import { cut, end, inOrder, reset, type Script, wait } from '../support/script.ts'
import { begun, events, failing, json, page, streamHead } from '../support/scripts.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

let one: Upstream
let two: Upstream
let millrace: Millrace
let partial: Millrace

/** The models that the endpoints are asked for. Each call has one of its own, so that no rest is shared. */
const MODELS = ['text-embedding-3-small', 'gpt-4o-transcribe', 'gpt-image-1.5']

beforeAll(async () => {
  one = await startUpstream()
  two = await startUpstream()
  const [first, second] = [`${one.url}/v1`, `${two.url}/v1`]
  const routes = MODELS.map((model) => `${model} = one/its-own-name, two`)
  millrace = await startMillrace({
    UPSTREAMS: `one=${first}, two=${second}`,
    MODEL_ROUTES: routes.join('; '),
  })
  // The first has none of these but embeddings.
  partial = await startMillrace({
    UPSTREAMS: `openrouter=${first}, vllm=${second}`,
    UPSTREAM_KEY_OPENROUTER: 'sk-or-of-this-test',
  })
})
afterAll(async () => {
  await Promise.all([millrace?.stop(), partial?.stop()])
  await Promise.all([one?.stop(), two?.stop()])
})
beforeEach(({ onTestFinished }) =>
  onTestFinished(async () => {
    await Promise.all([one.clear(), two.clear()])
  }),
)

const failures: [string, Script, boolean?][] = [
  ['fails', failing(500)],
  ['refuses our key', failing(401)],
  ['lacks the model', failing(404, { code: 'model_not_found' })],
  ['is reset before its status', reset],
  ['is reset after its status', inOrder(streamHead(), wait(20), reset), true],
  ['sends an error first', events(['data: {"error":{"message":"Busy.","code":"server_error"}}\n\n']), true],
  ['ends without a word', inOrder(streamHead(), end), true],
  ['sends HTML', page('<!doctype html>', 'text/html')],
]

describe.each(WAYS)('%s', (_, { ask, path, whole, events: list, used }, fields, script) => {
  test.each(failures)(
    'the first %s: the second answers, by its own name of the model',
    async (_, how, inStream) => {
      if (inStream && !fields.stream) return
      one.when(() => how)
      two.next(script)
      const response = await ask(millrace.url, fields)
      const { text } = await receive(response)
      expect(text).toBe(fields.stream ? list.join('') : JSON.stringify(whole))
      expect(response.headers.get('x-millrace-upstream')).toBe('two')
      const asked = one.calls.map((call) => [call.path, call.body.toString().includes('its-own-name')])
      // One that rests isn't asked.
      for (const call of asked) expect(call).toEqual([path, true])
      const [call, ...more] = two.calls
      expect(more).toEqual([])
      expect(call?.body.toString()).not.toContain('its-own-name')
      expect(await lineOf(response, millrace)).toMatchObject({
        route: path,
        upstream: 'two',
        end: 'done',
        charged_tokens: used,
      })
    },
  )

  test('about the request itself only one is asked', async () => {
    for (const upstream of [one, two]) upstream.when(() => failing(400, { code: 'odd' }))
    const response = await ask(millrace.url, fields)
    expect([response.status, (await refusal(response)).code]).toEqual([400, 'odd'])
    expect(one.calls.length + two.calls.length).toBe(1)
  })
})

test.each(WAYS.filter(([, , fields]) => fields.stream))(
  '%s: in mid-answer there is no other',
  async (_, endpoint) => {
    const [first = ''] = endpoint.events
    for (const upstream of [one, two]) upstream.when(() => inOrder(begun([first]), cut))
    const { text } = await receive(await endpoint.ask(millrace.url, { stream: true }))
    expect(text.startsWith(first)).toBe(true)
    expect(lastError(text)?.code).toBe('upstream_truncated')
    expect(one.calls.length + two.calls.length).toBe(1)
  },
)

describe('an upstream that lacks the route is not asked', () => {
  test('embeddings: the first has them', async () => {
    const [[, { ask, whole }]] = ENDPOINTS as [(typeof ENDPOINTS)[number]]
    one.next(json(whole))
    expect(await (await ask(partial.url)).json()).toEqual(whole)
    expect([one.calls.length, two.calls.length]).toEqual([1, 0])
  })

  test('transcriptions: the second has them', async () => {
    const [, [, { ask, whole }]] = ENDPOINTS as [unknown, (typeof ENDPOINTS)[number]]
    two.next(json(whole))
    expect(await (await ask(partial.url)).json()).toEqual(whole)
    expect([one.calls.length, two.calls.length]).toEqual([0, 1])
  })

  test('pictures: none has them', async () => {
    const response = await IMAGES.ask(partial.url)
    expect([response.status, (await refusal(response)).code]).toEqual([404, 'route_not_available'])
    expect([one.calls.length, two.calls.length]).toEqual([0, 0])
  })
})
