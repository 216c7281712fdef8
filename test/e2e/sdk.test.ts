/** OpenAI's own client, with nothing changed but its base URL. */
import OpenAI, { APIError } from 'openai'
import { describe, expect, test } from 'vitest'
import { useHouse } from '../support/house.ts'
import { cut, end, inOrder, type Script, send } from '../support/script.ts'
import { answer, events, failing, json, streamHead } from '../support/scripts.ts'
import { chunk, completion, delta, errorForms, event, numbered, role, TOOL_ERROR } from '../support/sse.ts'

const house = useHouse()

const question = { model: 'gpt-test', messages: [{ role: 'user' as const, content: 'Say hello.' }] }

const client = (options: { maxRetries?: number } = {}) =>
  new OpenAI({ baseURL: `${house.url}/v1`, apiKey: 'anything', maxRetries: 0, logLevel: 'off', ...options })

/** The content of a streamed answer, and what was thrown while it was read. */
async function read(openai = client(), model = question.model) {
  let text = ''
  try {
    const request = { ...question, model, stream: true as const }
    for await (const { choices } of await openai.chat.completions.create(request)) {
      text += choices?.[0]?.delta?.content ?? ''
    }
  } catch (thrown: unknown) {
    return { text, thrown }
  }
  return { text, thrown: undefined }
}

describe('answers', () => {
  test('streamed', async () => {
    house.upstream.next(answer(['Hel', 'lo', ' 🎉']))
    expect(await read()).toEqual({ text: 'Hello 🎉', thrown: undefined })
  })

  test('through `chat.completions.stream`', async () => {
    house.upstream.next(answer(['Hel', 'lo']))
    const done = await client().chat.completions.stream(question).finalChatCompletion()
    expect(done.choices[0]?.message.content).toBe('Hello')
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

describe('an answer cut off after any number of bytes', () => {
  const CONTENT = 'aé🎉 "b"\\\n'
  const whole = Buffer.from(
    `: comment\n\nid: 1\n${delta(CONTENT)}${event({
      ...chunk({}, { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
      usage: { prompt_tokens: 1.5e3, ok: true, none: null, list: [1, { a: [] }] },
    })}data: [DONE]\n\n`,
  )
  /** From here on the answer is whole: only the framing of `[DONE]` may be missing. */
  const DONE_AT = whole.lastIndexOf('[DONE]') + '['.length
  const cuts = Array.from({ length: whole.length - 1 }, (_, i) => i + 1)

  test.each<[string, Script]>([
    ['cleanly', end],
    ['by a closed connection', cut],
  ])('%s', async (_, how) => {
    house.upstream.when(({ request }) => {
      const at = Number(request.model)
      return inOrder(streamHead(), send(whole.subarray(0, at)), how)
    })
    const outcomes = new Map<number, { text: string; thrown: unknown }>()
    const left = cuts.values()
    const readers = Array.from({ length: 12 }, async () => {
      for (const at of left) outcomes.set(at, await read(client(), String(at)))
    })
    await Promise.all(readers)

    for (const at of cuts) {
      const { text, thrown } = outcomes.get(at) ?? {}
      const where = `cut at ${at}: …${whole.subarray(0, at).toString().slice(-30)}`
      expect(CONTENT.startsWith(text?.replace(/\ufffd$/, '') ?? '?'), where).toBe(true)
      if (at < DONE_AT) {
        expect(thrown, where).toBeInstanceOf(APIError)
        expect(thrown, where).toMatchObject({ code: 'upstream_truncated' })
      } else {
        // `[DONE]` itself was begun: the answer is whole, whether or not the SDK says that its end was odd.
        expect(text, where).toBe(CONTENT)
      }
    }
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
