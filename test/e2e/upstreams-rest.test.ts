/** What several upstreams share on the wire: rest, settlement, stored responses, models, moderation. */
import { describe, expect, test } from 'vitest'
import { ask, askStream, QUESTION } from '../support/caller.ts'
import { keys, openStream, usageOf } from '../support/gate.ts'
import { RESPONSE_ID, responseOf, TEXT_ANSWER, wireOf } from '../support/responses.ts'
import { hang, inOrder, reset, type Script, send } from '../support/script.ts'
import { answer, events, failing, json, page, streamHead } from '../support/scripts.ts'
import { completion, DONE_EVENT, delta, finish, role } from '../support/sse.ts'
import { KEYS, useTwoUpstreams } from '../support/two-upstreams.ts'

const { ACCESS_KEYS, callers } = keys(2)
const [caller = {}, other = {}] = callers
const house = useTwoUpstreams({
  vars: { ACCESS_KEYS, OPEN_ACCESS: 'false', KEY_DAILY_TOKENS: '1000000', UNSEEN_TOKENS_PER_SECOND: '100' },
})

/** Without budgets: what is stored has an unknown cost. */
const open = useTwoUpstreams()

const as = (headers: Record<string, string>) => ({ headers })
const respond = (path: string, init: RequestInit = {}) =>
  fetch(`${open.url}/v1/responses${path}`, {
    ...init,
    headers: { 'content-type': 'application/json' },
  })

describe('one that is down', () => {
  test('is passed over after three failures, in relayed calls and in durable ones', async () => {
    const { model, second } = house.fresh()
    house.first.when('theirs', reset)
    const asked = async (call: Promise<Response>) => {
      const response = await call
      await response.text()
      return response.headers.get('x-millrace-upstream')
    }
    for (let i = 0; i < 4; i++) expect(await asked(askStream(house.url, { model }, as(caller)))).toBe(second)
    expect(house.first.calls).toHaveLength(3)
    // In a deployment the object may be in another isolate, which finds out for itself.
    for (let i = 0; i < 4; i++) expect(await asked(openStream(house.url, { model }, as(caller)))).toBe(second)
    expect(house.first.calls.length).toBeLessThanOrEqual(6)
  })

  test('is left alone for as long as its Retry-After says', async () => {
    const { model, second } = house.fresh()
    house.first.next(failing(429, {}, { 'retry-after': '30' }))
    for (let i = 0; i < 3; i++) {
      const response = await ask(house.url, { ...QUESTION, model }, as(caller))
      expect(response.headers.get('x-millrace-upstream')).toBe(second)
      expect(response.headers.get('retry-after')).toBeNull()
      await response.text()
    }
    expect(house.first.calls).toHaveLength(1)
  })
})

test('bytes: the first one gets the body as it came but for the model’s name, the second as it came', async () => {
  const { model } = house.fresh()
  house.first.next(failing(500))
  const body = `{ "seed":12345678901234567890, "model":"${model}","messages":[{"role":"user","content":"ü"}], "x":1.0 }`
  await (await ask(house.url, body, as(other))).text()
  expect(JSON.parse(String(house.first.calls[0]?.body))).toMatchObject({ model: 'theirs', x: 1 })
  expect(String(house.first.calls[0]?.body)).toContain('"seed":12345678901234567890')
  const sent = String(house.second.calls[0]?.body)
  expect(sent).toContain('"seed":12345678901234567890')
  expect(JSON.parse(sent)).toMatchObject({ model, x: 1 })
})

test('a failed attempt that was at work is settled', async () => {
  const { model } = house.fresh()
  const slow: Script = async (reply) => {
    await inOrder(streamHead(), send(role()))(reply)
    await new Promise((resolve) => setTimeout(resolve, 1500))
    await reset(reply)
  }
  house.first.next(slow)
  house.second.next(answer(['Hello']))
  const before = (await usageOf(house.url, other)).tokens.used
  await (await askStream(house.url, { model, max_tokens: 1000 }, as(other))).text()
  // 21 tokens of the answer, and more than a second at 100 of what was never seen.
  await expect.poll(async () => (await usageOf(house.url, other)).tokens.used - before).toBeGreaterThan(121)
  const line = () => house.logs.find((it) => it.model === model)
  await expect.poll(line).toMatchObject({ attempts: [{ code: 'upstream_truncated' }] })
  expect(line()?.charged_tokens).toBeGreaterThan(121)
})

test('a caller who leaves meanwhile: the first one is left, and the second is never asked', async () => {
  const { model, first } = house.fresh()
  house.first.next(inOrder(streamHead(), send(role()), hang))
  const leaving = new AbortController()
  const asked = askStream(house.url, { model }, { ...as(caller), signal: leaving.signal })
  await house.first.until(({ calls }) => (calls[0]?.sent.length ?? 0) > 0)
  leaving.abort()
  await expect(asked).rejects.toThrow()
  await house.first.until(({ open }) => open === 0)
  expect(house.second.calls).toHaveLength(0)
  house.first.next(answer(['Hello']))
  const next = await askStream(house.url, { model }, as(caller))
  expect(next.headers.get('x-millrace-upstream')).toBe(first)
  await next.text()
})

describe('a response that an upstream keeps', () => {
  /** Made by the second one, because the first fails. */
  async function stored(id: string): Promise<string> {
    const { model } = open.fresh()
    const theirs = wireOf(TEXT_ANSWER).replaceAll(RESPONSE_ID, id).replaceAll('"store":false', '"store":true')
    open.first.next(failing(500))
    open.second.next(events([theirs]))
    const body = JSON.stringify({ model, input: 'Hello', stream: true })
    const response = await respond('', { method: 'POST', body })
    expect(await response.text()).toContain(id)
    await open.second.clear()
    await open.first.clear()
    return model
  }

  test.each<[string, string, RequestInit]>([
    ['is read', '', {}],
    ['tells its input', '/input_items', {}],
    ['is cancelled', '/cancel', { method: 'POST' }],
    ['is deleted', '', { method: 'DELETE' }],
  ])('%s where it is', async (name, path, init) => {
    const id = `resp_${Buffer.from(name).toString('hex').padEnd(32, '0')}`
    await stored(id)
    open.second.next(json(responseOf({ id })))
    await expect.poll(() => respond(`/${id}${path}`, init)).toMatchObject({ status: 200 })
    expect(open.second.calls[0]).toMatchObject({ path: `/v1/responses/${id}${path}` })
    expect(open.first.calls).toHaveLength(0)
  })

  test('is continued where it is, and nowhere else', async () => {
    const id = 'resp_continued0000000000000000000000'
    const model = await stored(id)
    const body = JSON.stringify({ model, input: 'Go on', previous_response_id: id })
    await expect
      .poll(async () => {
        open.second.next(failing(503, {}, { 'retry-after': '60' }))
        return respond('', { method: 'POST', body })
      })
      .toMatchObject({ status: 503 })
    expect(open.second.calls[0]?.request).toMatchObject({ previous_response_id: id })
    expect(open.first.calls).toHaveLength(0)
  })

  test('whatever else is stored is looked for at the first one alone', async () => {
    const { model } = open.fresh()
    open.first.next(failing(500), failing(500), failing(500))
    const body = JSON.stringify({ model, input: 'Hello', conversation: 'conv_1' })
    expect((await respond('', { method: 'POST', body })).status).toBe(502)
    expect(open.first.calls).toHaveLength(3)
    expect(open.second.calls).toHaveLength(0)
  })
})

test('input_tokens: the next one counts, and each gets its own name of the model', async () => {
  const { model } = open.fresh()
  open.first.next(page('<p>', 'text/html', 502))
  open.second.next(json({ object: 'response.input_tokens', input_tokens: 7 }))
  const body = JSON.stringify({ model, input: 'Hello' })
  const response = await respond('/input_tokens', { method: 'POST', body })
  expect(await response.json()).toMatchObject({ input_tokens: 7 })
  expect([open.first.calls[0], open.second.calls[0]].map((call) => call?.request.model)).toEqual([
    'theirs',
    model,
  ])
})

test('the list of models has the routes first, and what each upstream lists', async () => {
  const models = (...ids: string[]) =>
    json({ object: 'list', data: ids.map((id) => ({ id, object: 'model' })) })
  house.first.when(() => models('m0', 'llama'))
  house.second.when(() => models('gpt', 'llama'))
  const list = await (await fetch(`${house.url}/v1/models`, as(caller))).json()
  const ids = (list as { data: { id: string }[] }).data.map(({ id }) => id)
  expect(ids.slice(0, 2)).toEqual(['m0', 'm1'])
  expect(ids.slice(-2).toSorted()).toEqual(['gpt', 'llama'])
  const one = await (await fetch(`${house.url}/v1/models/m0`, as(caller))).json()
  expect(one).toMatchObject({ id: 'm0', owned_by: 'first0' })
})

test('an unlisted model is asked for at each upstream, by its own name', async () => {
  house.first.when(() => failing(404, { code: 'model_not_found' }))
  house.second.when(() => json(completion('Hello from the second')))
  const response = await ask(house.url, { ...QUESTION, model: 'unlisted' }, as(caller))
  expect(await response.text()).toContain('Hello from the second')
  expect(house.first.calls[0]?.request.model).toBe('unlisted')
})

test('one answer is all of one upstream: its events, in one piece', async () => {
  const { model } = house.fresh()
  house.first.next(inOrder(streamHead(), send(role()), send(`: ping\n\n`), reset))
  const list = [role(), delta('a'), delta('b'), finish(), DONE_EVENT]
  house.second.next(events(list))
  expect(await (await askStream(house.url, { model, stream_options: null }, as(caller))).text()).toContain(
    list.slice(0, 3).join(''),
  )
})

describe('moderation', () => {
  const judging = useTwoUpstreams({ most: 1, vars: { MODERATION: 'input' } })
  const verdict = (flagged: boolean) => json({ results: [{ flagged, categories: { violence: flagged } }] })

  test.each([true, false])(
    'is asked for at the next one, if the first one fails; flagged: %s',
    async (flagged) => {
      judging.first.when(({ path }) => (path === '/v1/moderations' ? failing(500) : undefined))
      judging.second.when(({ path }) => (path === '/v1/moderations' ? verdict(flagged) : undefined))
      const response = await ask(judging.url, { ...QUESTION, model: 'm0' })
      expect(response.status).toBe(flagged ? 400 : 200)
      const judges = [judging.first, judging.second].map(({ calls }) =>
        calls.filter(({ path }) => path === '/v1/moderations').map(({ headers }) => headers.authorization),
      )
      expect(judges[0]?.every((key) => key === `Bearer ${KEYS.first}`)).toBe(true)
      expect(judges[1]).toEqual([`Bearer ${KEYS.second}`])
    },
  )
})
