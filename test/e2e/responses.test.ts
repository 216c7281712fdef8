/** The Responses API over HTTP, with OpenAI's own SDK as the client: relayed, kept, and whose it is. */
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { keys, VISITORS, visit } from '../support/gate.ts'
import { type House, UPSTREAM_KEY, useHouse } from '../support/house.ts'
import {
  complete,
  LONG_ANSWER,
  type Members,
  messageEvents,
  named,
  numbered,
  RESPONSE_ID,
  responseOf,
  TEXT_ANSWER,
  USAGE_OF_RESPONSE,
  wireOf,
} from '../support/responses.ts'
import { hang, inOrder } from '../support/script.ts'
import { begun, bytes, events, failing, json } from '../support/scripts.ts'

const MODEL = 'gpt-test'
const QUESTION = { model: MODEL, input: 'Say hello.' }
const { ACCESS_KEYS, callers } = keys(2)
const [first = {}, second = {}] = callers

const client = (house: House, headers: Record<string, string> = first) =>
  new OpenAI({ apiKey: 'none', baseURL: `${house.url}/v1`, defaultHeaders: headers, maxRetries: 0 })

const post = (house: House, body: object, headers: Record<string, string> = first) =>
  fetch(`${house.url}/v1/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })

const call = (house: House, path: string, headers: Record<string, string> = first, method = 'GET') =>
  fetch(`${house.url}/v1/responses/${path}`, { method, headers })

const wire = (answer: readonly Members[]) => numbered(answer).map(named)
const whole = (members: Members = {}) => ({ ...(TEXT_ANSWER.at(-1)?.response as Members), ...members })
const logged = (house: House, route = '/v1/responses') =>
  expect.poll(() => house.logs.filter((line) => line.route === route).at(-1))

const house = useHouse({ OPEN_ACCESS: 'false', ACCESS_KEYS })

describe('a relayed answer', () => {
  test('is the upstream’s, byte for byte, and its question too', async () => {
    const sent = wireOf(LONG_ANSWER)
    house.upstream.next(bytes(Buffer.from(sent), 7))
    const response = await post(house, { ...QUESTION, stream: true, text: { verbosity: 'low' }, unknown: 1 })
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
    expect(await response.text()).toBe(sent)
    const [asked] = house.upstream.calls
    expect([asked?.path, asked?.request]).toEqual([
      '/v1/responses',
      { ...QUESTION, stream: true, text: { verbosity: 'low' }, unknown: 1 },
    ])
    expect(asked?.headers.authorization).toBe(`Bearer ${UPSTREAM_KEY}`)
    await logged(house).toMatchObject({
      caller: 'key:caller0',
      model: MODEL,
      prompt_tokens: USAGE_OF_RESPONSE.input_tokens,
      completion_tokens: USAGE_OF_RESPONSE.output_tokens,
      cached_tokens: 4,
      reasoning_tokens: 20,
      usage_source: 'upstream',
      end: 'done',
    })
  })

  test('that is not streamed passes as it is', async () => {
    house.upstream.next(json(whole()))
    const answer = await client(house).responses.create(QUESTION)
    expect(answer.output_text).toBe('Hello, wörld!')
    await logged(house).toMatchObject({ completion_tokens: USAGE_OF_RESPONSE.output_tokens, end: 'done' })
  })

  test.each([1, 2, 4, 7])('that is cut after %i events ends as a failure for the SDK', async (count) => {
    house.upstream.next(events(wire(TEXT_ANSWER).slice(0, count)))
    const reading = client(house).responses.stream(QUESTION).finalResponse()
    await expect(reading).rejects.toThrow(/before the answer was complete/)
    await logged(house).toMatchObject({ end: 'truncated', code: 'upstream_truncated' })
  })

  test('that the upstream refuses is refused in its words', async () => {
    house.upstream.next(failing(400, { message: 'Unknown tool.', param: 'tools', code: 'invalid_value' }))
    await expect(client(house).responses.create(QUESTION)).rejects.toMatchObject({
      status: 400,
      param: 'tools',
      code: 'invalid_value',
    })
  })

  test('whose caller leaves ends its call', async () => {
    house.upstream.next(inOrder(begun(wire(TEXT_ANSWER).slice(0, 6), 1), hang))
    const stream = await client(house).responses.create({ ...QUESTION, stream: true })
    for await (const event of stream) if (event.type === 'response.output_text.delta') break
    await house.upstream.until((it) => it.open === 0)
    await logged(house).toMatchObject({ end: 'stopped' })
  })
})

describe('an id answers to its own caller alone', () => {
  const routes = [
    ['GET', ''],
    ['GET', '/input_items'],
    ['POST', '/cancel'],
    ['DELETE', ''],
  ] as const

  async function stored(): Promise<string> {
    const id = `resp_${crypto.randomUUID().replaceAll('-', '')}`
    house.upstream.next(json(whole({ id, store: true })))
    await (await post(house, QUESTION)).text()
    await expect
      .poll(async () => {
        house.upstream.when(() => json(whole({ id })))
        return (await call(house, id)).status
      })
      .toBe(200)
    await house.upstream.clear()
    return id
  }

  test.each(routes)(
    '%s …%s reaches the upstream for its caller, and is 404 for another',
    async (method, path) => {
      const id = await stored()
      house.upstream.when(() =>
        json(method === 'DELETE' ? { id, object: 'response', deleted: true } : whole({ id })),
      )
      const others = await call(house, `${id}${path}`, second, method)
      const never = await call(house, `resp_never${path}`, second, method)
      expect([others.status, await others.text()]).toEqual([404, await never.text()])
      expect(house.upstream.calls).toHaveLength(0)
      const own = await call(house, `${id}${path}`, first, method)
      expect([own.status, await own.json()]).toMatchObject([200, { id }])
      expect(house.upstream.calls.map((it) => [it.method, it.path])).toEqual([
        [method, `/v1/responses/${id}${path}`],
      ])
    },
  )

  test('also as what a question goes on from', async () => {
    const id = await stored()
    house.upstream.when(() => json(whole()))
    const others = await post(house, { ...QUESTION, previous_response_id: id }, second)
    const never = await post(house, { ...QUESTION, previous_response_id: 'resp_never' }, second)
    expect([others.status, await others.text()]).toEqual([404, await never.text()])
    expect(house.upstream.calls).toHaveLength(0)
    expect((await post(house, { ...QUESTION, previous_response_id: id })).status).toBe(200)
    expect(house.upstream.calls[0]?.request.previous_response_id).toBe(id)
  })

  test('which can’t be streamed again, if it was relayed', async () => {
    const id = await stored()
    const refused = await call(house, `${id}?stream=true`)
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: { param: 'stream' } }])
    expect(house.upstream.calls).toHaveLength(0)
  })

  test.each([
    ['was not to be stored', { store: false }, {}],
    ['its upstream does not store', {}, { store: false }],
  ])('one that %s is nobody’s', async (_, asked, answered) => {
    const id = `resp_${crypto.randomUUID()}`
    house.upstream.next(json(whole({ id, ...answered })))
    await (await post(house, { ...QUESTION, ...asked })).text()
    expect((await call(house, id)).status).toBe(404)
  })

  test.each(['..', '%2e%2e%2fmodels', 'a%2Fb', 'resp_%00', 'x'.repeat(300)])(
    'what is no id reaches no upstream: %s',
    async (id) => {
      expect((await call(house, id)).status).toBe(404)
      expect(house.upstream.calls).toHaveLength(0)
    },
  )
})

describe('an answer in the background', () => {
  const ASKED = { ...QUESTION, background: true, stream: true } as const

  test('is asked for as a plain stream that nobody stores, and has an id of its own', async () => {
    house.upstream.next(events(wire(TEXT_ANSWER)))
    const seen: { type: string; sequence_number: number }[] = []
    const { data: stream, response } = await client(house).responses.create(ASKED).withResponse()
    for await (const event of stream) seen.push(event)
    expect(house.upstream.calls[0]?.request).toMatchObject({ stream: true, store: false })
    expect(house.upstream.calls[0]?.request).not.toHaveProperty('background')
    expect(seen.map(({ type }) => type)).toEqual(TEXT_ANSWER.map(({ type }) => type))
    expect(seen.map((event) => event.sequence_number)).toEqual(TEXT_ANSWER.map((_, index) => index))
    const ids = seen.flatMap((event) => ('response' in event ? [(event.response as Members).id] : []))
    expect([new Set(ids).size, ids[0] === RESPONSE_ID]).toEqual([1, false])
    expect(response.headers.get('stream-id')).toBe(ids[0])
    await logged(house).toMatchObject({ end: 'done', completion_tokens: USAGE_OF_RESPONSE.output_tokens })
  })

  test.each([
    ['TEXT', TEXT_ANSWER],
    ['LONG', LONG_ANSWER],
  ])('the stock SDK goes on after a cut at every event: %s', async (_, answer) => {
    house.upstream.next(events(wire(answer)))
    const openai = client(house)
    const all: object[] = []
    let id = ''
    for await (const event of await openai.responses.create(ASKED)) {
      all.push(event)
      if (event.type === 'response.created') id = event.response.id
    }
    for (let count = 1; count < answer.length; count++) {
      const resumed: object[] = []
      const stream = await openai.responses.retrieve(id, { stream: true, starting_after: count - 1 })
      for await (const event of stream) resumed.push(event)
      expect([...all.slice(0, count), ...resumed]).toEqual(all)
    }
  })

  test('a cut in mid-answer loses nothing: the answer goes on without its reader', async () => {
    house.upstream.next(events(wire(TEXT_ANSWER), 30))
    const openai = client(house)
    const seen: Members[] = []
    let id = ''
    for await (const event of await openai.responses.create(ASKED)) {
      seen.push(event as never)
      if (event.type === 'response.created') id = event.response.id
      if (event.type === 'response.output_text.delta') break
    }
    const last = Number(seen.at(-1)?.sequence_number)
    const rest = await openai.responses.retrieve(id, { stream: true, starting_after: last })
    for await (const event of rest) seen.push(event as never)
    expect(seen.map(({ type }) => type)).toEqual(TEXT_ANSWER.map(({ type }) => type))
    expect(house.upstream.calls).toHaveLength(1)
  })

  test('without a stream it is there at once, and is asked after until it is complete', async () => {
    house.upstream.next(events(wire(TEXT_ANSWER), 20))
    const openai = client(house)
    const begun = await openai.responses.create({ ...QUESTION, background: true })
    expect(['queued', 'in_progress']).toContain(begun.status)
    await expect.poll(async () => (await openai.responses.retrieve(begun.id)).status).toBe('completed')
    expect((await openai.responses.retrieve(begun.id)).output_text).toBe('Hello, wörld!')
  })

  test('is queued as long as the upstream says nothing', async () => {
    house.upstream.next(hang)
    const openai = client(house)
    const { id, status } = await openai.responses.create({ ...QUESTION, background: true })
    expect(status).toBe('queued')
    expect(await openai.responses.retrieve(id)).toMatchObject({
      id,
      status: 'queued',
      model: MODEL,
      output: [],
    })
    expect((await openai.responses.cancel(id)).status).toBe('cancelled')
  })

  test.each(['7000', '-1', 'x', '1.5'])('can’t be read after an event that never came: %s', async (after) => {
    house.upstream.next(events(wire(TEXT_ANSWER)))
    const { id } = await client(house).responses.create({ ...QUESTION, background: true })
    const refused = await call(house, `${id}?stream=true&starting_after=${after}`)
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      { error: { code: 'invalid_cursor', param: 'starting_after' } },
    ])
  })

  test('that is cancelled ends its call, and says so', async () => {
    house.upstream.next(inOrder(begun(wire(TEXT_ANSWER).slice(0, 6), 1), hang))
    const openai = client(house)
    const { id } = await openai.responses.create({ ...QUESTION, background: true })
    await expect.poll(async () => (await openai.responses.retrieve(id)).output_text).toBe('Hello, ')
    expect((await openai.responses.cancel(id)).status).toBe('cancelled')
    await house.upstream.until((it) => it.open === 0)
    expect((await openai.responses.retrieve(id)).status).toBe('cancelled')
  })

  test('that is deleted is gone', async () => {
    house.upstream.next(events(wire(TEXT_ANSWER)))
    const openai = client(house)
    let id = ''
    for await (const event of await openai.responses.create(ASKED)) {
      if (event.type === 'response.created') id = event.response.id
    }
    await openai.responses.delete(id)
    for (const path of ['', '?stream=true', '/input_items']) {
      expect((await call(house, `${id}${path}`)).status).toBe(404)
    }
  })

  test('of another caller is not found, on any route', async () => {
    house.upstream.next(events(wire(TEXT_ANSWER)))
    const { id } = await client(house).responses.create({ ...QUESTION, background: true })
    const answers = await Promise.all([
      call(house, id, second),
      call(house, `${id}?stream=true`, second),
      call(house, `${id}/input_items`, second),
      call(house, `${id}/cancel`, second, 'POST'),
      call(house, id, second, 'DELETE'),
      post(house, { ...QUESTION, previous_response_id: id }, second),
    ])
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404))
    expect((await call(house, id)).status).toBe(200)
  })

  test('can be gone on from, though the upstream has not stored it', async () => {
    house.upstream.next(events(wire(LONG_ANSWER)), json(whole()))
    const openai = client(house)
    let id = ''
    for await (const event of await openai.responses.create(ASKED)) {
      if (event.type === 'response.created') id = event.response.id
    }
    await openai.responses.create({ ...QUESTION, input: 'And now?', previous_response_id: id })
    const { input, previous_response_id: previous } = house.upstream.calls[1]?.request ?? {}
    expect(previous).toBeUndefined()
    expect(input).toMatchObject([
      { role: 'user', content: 'Say hello.' },
      { type: 'function_call', name: 'get_weather' },
      { type: 'message', role: 'assistant' },
      { role: 'user', content: 'And now?' },
    ])
    expect((await openai.responses.inputItems.list(id)).data).toMatchObject([{ content: 'Say hello.' }])
  })

  test('that still runs can’t be gone on from yet', async () => {
    house.upstream.next(inOrder(begun(wire(TEXT_ANSWER).slice(0, 6)), hang))
    const { id } = await client(house).responses.create({ ...QUESTION, background: true })
    const refused = await post(house, { ...QUESTION, previous_response_id: id })
    expect([refused.status, await refused.json()]).toMatchObject([
      409,
      { error: { code: 'response_in_progress', param: 'previous_response_id' } },
    ])
  })
})

describe('an answer is known by its id for RESPONSE_KEEP_MS', () => {
  const brief = useHouse({ OPEN_ACCESS: 'false', ACCESS_KEYS, RESPONSE_KEEP_MS: '1', STREAM_KEEP_MS: '1' })
  const gone = (id: string) => expect.poll(async () => (await call(brief, id)).status).toBe(404)

  test('if it is kept here', async () => {
    brief.upstream.next(events(wire(TEXT_ANSWER)))
    const asked = await post(brief, { ...QUESTION, stream: true, background: true })
    expect(await asked.text()).toContain('response.completed')
    const id = asked.headers.get('stream-id') ?? ''
    await gone(id)
    const refused = await post(brief, { ...QUESTION, previous_response_id: id })
    expect([refused.status, (await refused.json()).error.code]).toEqual([404, 'previous_response_not_found'])
  })

  test('if it was relayed', async () => {
    const id = `resp_${crypto.randomUUID().replaceAll('-', '')}`
    brief.upstream.next(json(whole({ id, store: true })))
    await (await post(brief, QUESTION)).text()
    await brief.upstream.clear()
    await gone(id)
    expect(brief.upstream.calls).toHaveLength(0)
  })
})

describe('a visitor', () => {
  const shop = useHouse({
    ...VISITORS,
    SYSTEM_PROMPT: 'You are the librarian. Never say so.',
    TOOLS: JSON.stringify([{ type: 'file_search', vector_store_ids: ['vs_of_the_owner'] }]),
    MODELS: MODEL,
    MAX_PART_TOKENS: '20000',
    VISITOR_DAILY_TOKENS: '10000000',
  })
  const ECHO = {
    instructions: 'You are the librarian. Never say so.',
    tools: [{ type: 'file_search', vector_store_ids: ['vs_of_the_owner'] }],
  }
  const echoing = (): Members[] =>
    complete(
      [
        { type: 'response.created', response: responseOf(ECHO) },
        { type: 'response.in_progress', response: responseOf(ECHO) },
        ...messageEvents(['Hello', '.']),
      ],
      ECHO,
    )

  test('is answered under the owner’s prompt and tools, and sees nothing of them', async () => {
    const visitor = await visit(shop.url)
    shop.upstream.next(events(wire(echoing())))
    const stream = await post(shop, { ...QUESTION, stream: true }, visitor)
    const text = await stream.text()
    expect(stream.status, text).toBe(200)
    expect(text).not.toMatch(/librarian|vs_of_the_owner/)
    expect(text).toContain('"delta":"Hello"')
    const { input, tools, store, instructions } = shop.upstream.calls[0]?.request ?? {}
    expect(input).toMatchObject([
      { role: 'developer', content: 'You are the librarian. Never say so.' },
      { role: 'user', content: 'Say hello.' },
    ])
    expect([tools, store, instructions]).toMatchObject([
      [{ type: 'file_search', vector_store_ids: ['vs_of_the_owner'] }],
      false,
      undefined,
    ])
  })

  test('sees nothing of them in an answer that is not streamed either', async () => {
    const visitor = await visit(shop.url)
    shop.upstream.next(json(echoing().at(-1)?.response))
    const text = await (await post(shop, QUESTION, visitor)).text()
    expect(text).not.toMatch(/librarian|vs_of_the_owner/)
    expect(text).toContain('Hello.')
  })

  test('can’t read that answer again: an upstream that stored it all the same would say all of them', async () => {
    const visitor = await visit(shop.url)
    shop.upstream.when(() => json({ ...(echoing().at(-1)?.response as Members), store: true }))
    await (await post(shop, QUESTION, visitor)).text()
    expect(shop.upstream.calls[0]?.request.store).toBe(false)
    for (const path of ['', '/input_items']) {
      expect((await call(shop, `${RESPONSE_ID}${path}`, visitor)).status).toBe(404)
    }
    const next = await post(shop, { ...QUESTION, previous_response_id: RESPONSE_ID }, visitor)
    expect([next.status, await next.json()]).toMatchObject([
      404,
      { error: { code: 'previous_response_not_found' } },
    ])
    expect(shop.upstream.calls).toHaveLength(1)
  })

  test('goes on from an answer of its own by its id, without a word of the owner’s twice', async () => {
    const visitor = await visit(shop.url)
    shop.upstream.next(events(wire(echoing())), events(wire(echoing())))
    const openai = client(shop, visitor)
    let id = ''
    for await (const event of await openai.responses.create({ ...QUESTION, stream: true })) {
      if (event.type === 'response.created') id = event.response.id
    }
    for await (const _ of await openai.responses.create({
      ...QUESTION,
      input: 'Why?',
      previous_response_id: id,
      stream: true,
    })) {
      // To its end.
    }
    expect(shop.upstream.calls[1]?.request.input).toMatchObject([
      { role: 'developer' },
      { role: 'user', content: 'Say hello.' },
      { role: 'assistant' },
      { role: 'user', content: 'Why?' },
    ])
    const other = await visit(shop.url)
    expect((await call(shop, id, other)).status).toBe(404)
    expect((await call(shop, id, visitor)).status).toBe(200)
  })

  test('can’t have the owner’s tokens counted', async () => {
    const visitor = await visit(shop.url)
    const refused = await fetch(`${shop.url}/v1/responses/input_tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...visitor },
      body: JSON.stringify(QUESTION),
    })
    expect([refused.status, await refused.json()]).toMatchObject([
      403,
      { error: { code: 'route_not_allowed' } },
    ])
    expect(shop.upstream.calls).toHaveLength(0)
  })
})

test('a key has the upstream count the tokens of its input', async () => {
  house.upstream.next(json({ object: 'response.input_tokens', input_tokens: 11 }))
  const count = await client(house).responses.inputTokens.count({ ...QUESTION })
  expect(count.input_tokens).toBe(11)
  expect(house.upstream.calls[0]?.path).toBe('/v1/responses/input_tokens')
})
