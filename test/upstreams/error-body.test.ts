import { describe, expect, test } from 'vitest'
import { isErrorInSuccess, readErrorBody } from '../../worker/upstreams/error-body.ts'

const wire = (fields: object) => ({
  message: 'No.',
  type: 'invalid_request_error',
  param: null,
  code: null,
  ...fields,
})

/** Of each form: what a server writes, and what it says. */
const FORMS: [form: string, body: unknown, said: object, status?: number][] = [
  [
    "OpenAI's envelope",
    { error: { message: 'No.', type: 't', param: 'p', code: 'c' } },
    { message: 'No.', type: 't', param: 'p', code: 'c' },
  ],
  [
    'an envelope that names its status',
    { error: { message: 'No.', code: 429 } },
    wire({ type: 'server_error', code: '429' }),
    429,
  ],
  [
    'a status beside the envelope',
    { error: { message: 'No.' }, status: 422 },
    wire({ type: 'server_error' }),
    422,
  ],
  [
    "Azure's, from its filter",
    {
      error: {
        message: 'No.',
        type: null,
        param: 'prompt',
        code: 'content_filter',
        status: 400,
        innererror: {},
      },
    },
    wire({ type: 'server_error', param: 'prompt', code: 'content_filter' }),
    400,
  ],
  [
    "Google's array",
    [{ error: { code: 400, message: 'No.', status: 'INVALID_ARGUMENT' } }],
    wire({ type: 'server_error', code: '400' }),
    400,
  ],
  [
    "Google's status by its name",
    [{ error: { message: 'No.', status: 'RESOURCE_EXHAUSTED' } }],
    wire({ type: 'server_error' }),
    429,
  ],
  [
    "Anthropic's",
    { type: 'error', error: { type: 'overloaded_error', message: 'No.' } },
    wire({ type: 'overloaded_error' }),
    503,
  ],
  ["Ollama's text", { error: 'No.' }, wire({ type: 'server_error' })],
  [
    "vLLM's",
    { object: 'error', message: 'No.', type: 'BadRequestError', param: null, code: 400 },
    wire({ type: 'BadRequestError', code: '400' }),
    400,
  ],
  [
    "Mistral's",
    { object: 'error', message: 'No.', type: 'invalid_model', code: '1500' },
    wire({ type: 'invalid_model', code: '1500' }),
  ],
  [
    "Mistral's, with FastAPI's list in it",
    { object: 'error', message: { detail: [{ type: 'missing', loc: ['body', 'model'], msg: 'No.' }] } },
    wire({ message: 'model: No.', param: 'model', code: 'missing' }),
  ],
  ["FastAPI's text", { detail: 'No.' }, wire({})],
  [
    "FastAPI's list",
    {
      detail: [
        { loc: ['body', 'messages', 0, 'role'], msg: 'No.', type: 'enum', input: 'my secret prompt' },
        { loc: ['body', 'n'], msg: 'Never.', type: 'int_type' },
      ],
    },
    wire({ message: 'messages.0.role: No.; n: Never.', param: 'messages.0.role', code: 'enum' }),
  ],
  ["a gateway's message", { message: 'No.', request_id: '1' }, wire({})],
  ["a gateway's status", { message: 'No.', statusCode: 403 }, wire({}), 403],
  [
    "Spring's",
    { timestamp: 'now', status: 400, error: 'Bad Request', message: 'No.', path: '/v1' },
    wire({ type: 'server_error' }),
    400,
  ],
  [
    "Cloudflare's",
    { success: false, errors: [{ code: 5007, message: 'No.' }], result: {}, messages: [] },
    wire({}),
  ],
]

describe('the words of an error', () => {
  test.each(FORMS)('are found in the form of %s', (_, body, said, status) => {
    expect(readErrorBody(body)).toEqual({ wire: said, status })
  })

  test.each([
    [{}],
    [{ error: null }],
    [{ error: '' }],
    [{ message: '' }],
    [{ detail: [] }],
    [{ message: 7 }],
    [[]],
    [null],
    ['No.'],
    [7],
  ])('are not in %j', (body) => {
    expect(readErrorBody(body)).toBeUndefined()
  })

  test('are not looked for at any depth', () => {
    let body: unknown = { message: 'No.' }
    for (let depth = 0; depth < 100_000; depth++) body = { message: body }
    expect(readErrorBody(body)).toBeUndefined()
  })
})

describe('a body that came with status 200', () => {
  test.each(FORMS.filter(([form]) => form !== "Cloudflare's"))('is an error: %s', (_, body) => {
    expect(isErrorInSuccess(body)).toBe(true)
  })

  test.each([
    [{ error: { message: 'No.' }, choices: [] }],
    [{ object: 'error' }],
    [{ code: 429 }],
    [{ code: '503', msg: 'busy' }],
    [{ status: 599 }],
  ])('is an error: %j', (body) => {
    expect(isErrorInSuccess(body)).toBe(true)
  })

  test.each([
    [{ choices: [], error: null }],
    [{ choices: [], error: '' }],
    [{ choices: [], code: 400, message: 'a field of its own' }],
    [{ object: 'list', data: [], status: 500 }],
    [{ code: 200 }],
    [{ code: 399.5 }],
    [{ code: 600 }],
    [{}],
    [[]],
    [null],
  ])('is no error: %j', (body) => {
    expect(isErrorInSuccess(body)).toBe(false)
  })
})
