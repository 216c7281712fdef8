/** OpenAI's own client, with nothing changed but its base URL. */
import OpenAI, { APIError } from 'openai'
import { describe, expect, test } from 'vitest'
import { useHouse } from '../support/house.ts'
import { answer, events, failing, json } from '../support/scripts.ts'
import { completion, delta, errorForms, numbered, role, TOOL_ERROR, USAGE } from '../support/sse.ts'

const house = useHouse()

const question = { model: 'gpt-test', messages: [{ role: 'user' as const, content: 'Say hello.' }] }

const client = (options: { maxRetries?: number } = {}) =>
  new OpenAI({ baseURL: `${house.url}/v1`, apiKey: 'anything', maxRetries: 0, logLevel: 'off', ...options })

/** The content of a streamed answer, and what was thrown while it was read. */
async function read(openai = client()): Promise<{ text: string; thrown: unknown }> {
  let text = ''
  try {
    for await (const { choices } of await openai.chat.completions.create({ ...question, stream: true })) {
      text += choices[0]?.delta.content ?? ''
    }
  } catch (thrown) {
    return { text, thrown }
  }
  return { text, thrown: undefined }
}

describe('answers', () => {
  test('streamed', async () => {
    house.upstream.next(answer(['Hel', 'lo', ' 🎉']))
    expect(await read()).toEqual({ text: 'Hello 🎉', thrown: undefined })
  })

  test('streamed, with usage', async () => {
    house.upstream.next(answer(['a']))
    const stream = await client().chat.completions.create({
      ...question,
      stream: true,
      stream_options: { include_usage: true },
    })
    const chunks = await Array.fromAsync(stream)
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: USAGE })
  })

  test('through `chat.completions.stream`', async () => {
    house.upstream.next(answer(['Hel', 'lo']))
    const done = await client().chat.completions.stream(question).finalChatCompletion()
    expect(done.choices[0]?.message.content).toBe('Hello')
  })

  test('unstreamed', async () => {
    house.upstream.next(json(completion('Hello')))
    const answered = await client().chat.completions.create(question)
    expect(answered.choices[0]?.message.content).toBe('Hello')
    expect(answered.usage).toEqual(USAGE)
  })

  test('with the request id of the upstream', async () => {
    house.upstream.next(json(completion('Hello'), { headers: { 'x-request-id': 'req_42' } }))
    expect((await client().chat.completions.create(question))._request_id).toBe('req_42')
  })

  test('models.list: those of the upstream, when none are configured', async () => {
    const models = await Array.fromAsync(client().models.list())
    expect(models.map(({ id }) => id)).toEqual(['gpt-test', 'gpt-other'])
  })
})

describe('an error in mid-stream is thrown, as the upstream put it', () => {
  test.each(Object.entries(errorForms))('%s', async (_, form) => {
    house.upstream.next(events([role(), delta('half'), form]))
    const { text, thrown } = await read()
    expect(text).toBe('half')
    expect(thrown).toBeInstanceOf(APIError)
    expect(thrown).toMatchObject({ code: TOOL_ERROR.code, type: TOOL_ERROR.type, error: TOOL_ERROR })
  })
})

describe('a refusal is thrown as the error that the SDK has for its status', () => {
  const words = { message: 'Unsupported value.', param: 'temperature', code: 'unsupported_value' }

  test.each([
    [400, OpenAI.BadRequestError],
    [404, OpenAI.NotFoundError],
    [422, OpenAI.UnprocessableEntityError],
  ])('%i, with the words of the upstream', async (status, type) => {
    house.upstream.next(failing(status, words), failing(status, words))
    await expect(client().chat.completions.create(question)).rejects.toThrow(type)
    await expect(client().chat.completions.create({ ...question, stream: true })).rejects.toMatchObject({
      status,
      message: `${status} Unsupported value.`,
      param: 'temperature',
      code: 'unsupported_value',
      type: 'invalid_request_error',
    })
  })

  test('429 that says to wait longer than the Worker does', async () => {
    house.upstream.next(failing(429, { code: 'rate_limit_exceeded' }, { 'retry-after': '20' }))
    const thrown: unknown = await client()
      .chat.completions.create(question)
      .catch((error: unknown) => error)
    expect(thrown).toBeInstanceOf(OpenAI.RateLimitError)
    expect(thrown).toMatchObject({ status: 429, code: 'rate_limit_exceeded' })
    expect((thrown as APIError).headers?.get('retry-after')).toBe('20')
  })

  test('one of the Worker itself', async () => {
    await expect(client().chat.completions.create({ ...question, messages: [] })).rejects.toMatchObject({
      status: 400,
      code: 'invalid_messages',
      requestID: expect.any(String),
    })
    expect(house.upstream.calls).toHaveLength(0)
  })
})

describe('the SDK tries again where that may help', () => {
  const overloaded = failing(503)

  test('after the Worker has tried', async () => {
    house.upstream.next(overloaded, overloaded, overloaded, answer(['at', ' last']))
    expect(await read(client({ maxRetries: 1 }))).toEqual({ text: 'at last', thrown: undefined })
    expect(house.upstream.calls).toHaveLength(4)
  })

  test.each([
    ['our key is refused', failing(401), 1],
    ['the upstream says not to', failing(429, {}, { 'x-should-retry': 'false' }), 1],
    ['the request is wrong', failing(400), 1],
  ])('but not when %s', async (_, script, calls) => {
    house.upstream.next(script)
    await expect(client({ maxRetries: 2 }).chat.completions.create(question)).rejects.toBeInstanceOf(APIError)
    expect(house.upstream.calls).toHaveLength(calls)
  })
})

test('leaving the loop ends the call at the upstream', async () => {
  house.upstream.next(answer(numbered(500), 20))
  const stream = await client().chat.completions.create({ ...question, stream: true })
  for await (const _ of stream) break
  const call = await house.upstream.call(1)
  await call.over
  expect(call.closedAt).toBeDefined()
})

test('a conversation with tools and every known field reaches the upstream', async () => {
  const request = {
    ...question,
    messages: [
      { role: 'developer' as const, content: 'Be brief.' },
      ...question.messages,
      {
        role: 'assistant' as const,
        content: null,
        tool_calls: [{ id: 'c1', type: 'function' as const, function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool' as const, tool_call_id: 'c1', content: 'done' },
    ],
    tools: [{ type: 'function' as const, function: { name: 'f', parameters: { type: 'object' } } }],
    temperature: 0.5,
    max_completion_tokens: 10,
  }
  await client().chat.completions.create(request)
  expect(house.upstream.calls[0]?.request).toEqual(request)
})
