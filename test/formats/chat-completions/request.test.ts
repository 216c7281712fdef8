import { describe, expect, test } from 'vitest'
import { ApiError } from '../../../worker/errors.ts'
import { chatRequests } from '../../../worker/formats/chat-completions/request.ts'
import type { Changes, Question } from '../../../worker/formats/format.ts'

const messages = [{ role: 'user', content: 'hi' }]

function read(fields: object = {}): Question {
  const question = chatRequests.read({ messages, ...fields })
  if (question instanceof ApiError) throw question
  return question
}

/** What goes upstream of a request with these fields. */
function changed(fields: object, changes: Partial<Changes> = {}): Record<string, unknown> {
  const question = read(fields)
  const { stream } = question
  const {
    model,
    messages: _,
    ...others
  } = question.changed({
    model: 'm',
    stream,
    tellUsage: false,
    ...changes,
  }).request
  expect(model).toBe(changes.model ?? 'm')
  return others
}

describe('a request that is read', () => {
  test('tells its model, and what the end of a streamed answer should tell', () => {
    const stream_options = { include_usage: true, include_timing: true }
    expect(read({ model: 'm', stream: true, stream_options })).toMatchObject({
      model: 'm',
      stream: true,
      asks: { usage: true, timing: true },
    })
    expect(read({ stream: null, stream_options: null })).toMatchObject({
      model: undefined,
      stream: false,
      asks: { usage: false, timing: false },
    })
  })

  test.each([
    [{}, 1, []],
    [{ n: null, max_tokens: null, max_completion_tokens: null }, 1, []],
    [{ n: 3, max_tokens: 7 }, 3, [7]],
    [{ max_tokens: 7, max_completion_tokens: 8 }, 1, [7, 8]],
  ])('%j has %i choices and the bounds %j', (fields, choices, outputBounds) => {
    expect(read(fields)).toMatchObject({ choices, outputBounds })
  })

  const wrong = [0, -1, 1.5, '100', true, {}, [], [5], Number.MAX_VALUE, JSON.parse('1e999')]
  test.each(
    ['n', 'max_tokens', 'max_completion_tokens'].flatMap((name) =>
      wrong.map((value) => [name, value] as const),
    ),
  )('is refused with the count %s: %j', (name, value) => {
    expect(chatRequests.read({ messages, [name]: value })).toMatchObject({
      code: 'invalid_parameter',
      status: 400,
    })
  })

  test('is refused with more choices than an answer can have', () => {
    expect(read({ n: 128 })).toMatchObject({ choices: 128 })
    expect(chatRequests.read({ messages, n: 129 })).toMatchObject({ code: 'invalid_parameter' })
  })
})

describe('stream options', () => {
  test.each([{}, { include_usage: true }, { include_timing: true }, { include_obfuscation: false }])(
    'never go upstream on an unstreamed call: %j',
    (stream_options) => {
      for (const stream of [false, null, undefined]) {
        expect(changed({ stream, stream_options })).not.toHaveProperty('stream_options')
      }
    },
  )

  test('stay as they came on a streamed call that asks for nothing of ours', () => {
    for (const stream_options of [{}, { include_usage: false }, null]) {
      expect(changed({ stream: true, stream_options })).toEqual({ stream: true, stream_options })
    }
  })

  test('lose our own option, and ask for the usage that has to be told', () => {
    const stream_options = { include_timing: false, x: 1 }
    expect(changed({ stream: true, stream_options })).toMatchObject({ stream_options: { x: 1 } })
    expect(changed({ stream: true }, { tellUsage: true })).toMatchObject({
      stream_options: { include_usage: true },
    })
  })

  test('go upstream on a call that is streamed here', () => {
    const stream_options = { x: 1 }
    expect(changed({ stream_options }, { stream: true, tellUsage: true })).toEqual({
      stream: true,
      stream_options: { x: 1, include_usage: true },
    })
  })
})

describe('a bound of 100 tokens for each choice', () => {
  test.each([
    {},
    { max_tokens: 50 },
    { max_completion_tokens: 1e9 },
    { max_tokens: 10, max_completion_tokens: 1000 },
    { max_tokens: null, max_completion_tokens: 10 },
  ])('stands in the field that the upstream reads, and in no other: %j', (fields) => {
    for (const outputBoundField of ['max_tokens', 'max_completion_tokens'] as const) {
      const { max_tokens, max_completion_tokens } = changed(fields, { outputBound: 100, outputBoundField })
      const said = { max_tokens: max_tokens ?? undefined, max_completion_tokens }
      expect(said).toEqual({ [outputBoundField]: 100 })
    }
  })
})

describe('a name that some upstreams would take for another', () => {
  test.each([
    [{ Model: 'gpt-dear' }, 'model'],
    [{ MAX_TOKENS: 1e9 }, 'max_tokens'],
    [{ max_completion_tokenS: 1e9 }, 'max_completion_tokens'],
    [{ meſſages: [] }, 'messages'],
    [{ toolS: [] }, 'tools'],
    [{ N: 128 }, 'n'],
    [{ stream_options: { Include_Usage: true } }, 'stream_options.include_usage'],
    [{ messages: [...messages, { Role: 'system', role: 'user' }] }, 'messages[1].role'],
    [
      { messages: [{ role: 'user', content: [{ type: 'text', text: '', TEXT: 'hi' }] }] },
      'messages[0].content[0].text',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { URL: 'x' } }] }] },
      'messages[0].content[0].image_url.url',
    ],
    [{ messages: [{ role: 'user', content: '', '\u017Ftream': 1 }] }, 'messages[0].stream'],
  ])('is refused: %j', (fields, param) => {
    expect(chatRequests.read({ messages, ...fields })).toMatchObject({
      code: 'invalid_parameter',
      status: 400,
    })
    const error = chatRequests.read({ messages, ...fields }) as ApiError
    expect(error.envelope().error).toMatchObject({ param, message: expect.stringContaining(`\`${param}\``) })
  })

  test('is the caller’s own affair inside of tools and metadata, and so is a name that is not read', () => {
    const tools = [
      { type: 'function', function: { name: 'f', parameters: { properties: { Model: {}, Role: {} } } } },
    ]
    read({ tools, metadata: { Messages: 'x' }, Temperature: 1, X_Role: 'y' })
  })
})

test('a question in plain text is a request with one message', () => {
  const request = chatRequests.ask('Why?')
  expect(chatRequests.isRequest(request)).toBe(true)
  expect(request).toEqual({ messages: [{ role: 'user', content: 'Why?' }] })
})
