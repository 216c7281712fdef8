import { describe, expect, test } from 'vitest'
import { ApiError } from '../../../worker/errors.ts'
import { visitorRequest } from '../../../worker/formats/chat-completions/visitor-request.ts'
import type { ChatRequest } from '../../../worker/formats/chat-completions/wire.ts'

const SYSTEM = { role: 'system', content: 'You sell shoes.' }
const user = { role: 'user', content: 'hi' }

const ask = (request: unknown, fields: string[] = []) =>
  visitorRequest(request as ChatRequest, { systemPrompt: SYSTEM.content, fields: new Set(fields) })
const say = (message: unknown, ...fields: string[]) => ask({ messages: [user, message] }, fields)
const taken = (message: unknown, ...fields: string[]) => {
  const request = say(message, ...fields)
  if (request instanceof ApiError) throw request
  return request.messages.at(-1)
}

test("the site's own prompt comes first, and the conversation after it", () => {
  const conversation = [user, { role: 'assistant', content: 'hello' }, user]
  expect(ask({ messages: conversation })).toEqual({ messages: [SYSTEM, ...conversation] })
  const without = { systemPrompt: undefined, fields: new Set<string>() }
  expect(visitorRequest({ messages: conversation } as ChatRequest, without)).toEqual({
    messages: conversation,
  })
})

describe('fields of a request', () => {
  const plain = {
    model: 'm',
    stream: true,
    stream_options: { include_usage: true, include_timing: true, include_obfuscation: false },
    temperature: 0.5,
    top_p: 1,
    presence_penalty: 0,
    frequency_penalty: 0,
    stop: ['END'],
    seed: 7,
    max_tokens: 10,
    max_completion_tokens: 10,
  }

  test('a conversation passes with the plain fields alone', () => {
    expect(ask({ ...plain, messages: [user] })).toEqual({ ...plain, messages: [SYSTEM, user] })
  })

  test('a field with null is left out, and `n: 1` is allowed', () => {
    const request = { messages: [user], n: 1, tools: null, store: null, temperature: null }
    expect(ask(request)).toEqual({ messages: [SYSTEM, user] })
  })

  test.each([
    ['tools', []],
    ['tool_choice', 'auto'],
    ['functions', []],
    ['n', 2],
    ['n', '1'],
    ['store', true],
    ['metadata', {}],
    ['audio', { voice: 'alloy' }],
    ['modalities', ['audio']],
    ['response_format', { type: 'json_object' }],
    ['prediction', {}],
    ['logit_bias', {}],
    ['logprobs', true],
    ['service_tier', 'priority'],
    ['reasoning_effort', 'high'],
    ['web_search_options', {}],
    ['user', 'x'],
    ['system', 'x'],
    ['instructions', 'x'],
    ['prompt', 'x'],
    ['Messages', []],
    ['MODEL', 'x'],
    ['messages ', []],
    ['constructor', {}],
    ['toString', 'x'],
  ])('%s: %j is refused, and allowed where it is listed', (field, value) => {
    expect(ask({ messages: [user], [field]: value })).toMatchObject({
      code: 'field_not_allowed',
      status: 403,
    })
    expect(ask({ messages: [user], [field]: value }, [field])).toEqual({
      messages: [SYSTEM, user],
      [field]: value,
    })
  })

  test('the refusal names the field, and repeats nothing else', () => {
    const param = (request: unknown) => (ask(request) as ApiError).envelope().error
    expect(param({ messages: [user], store: true })).toMatchObject({
      param: 'store',
      message: 'Visitors may not send `store`.',
    })
    expect(param({ messages: [user], stream_options: { chunk: 1 } }).param).toBe('stream_options.chunk')
    for (const name of ['x'.repeat(1_000_000), '\u001b[2J', 'a\r\nset-cookie: b', 'ü']) {
      expect(JSON.stringify(param({ messages: [user], [name]: 1 }))).not.toMatch(/xxx|\[2J|cookie|ü/)
    }
  })

  test('__proto__ is a field like any other, and no prototype', () => {
    const request = JSON.parse('{"messages":[{"role":"user","content":"hi"}],"__proto__":{"tools":[]}}')
    expect(ask(request)).toMatchObject({ code: 'field_not_allowed' })
    const inside = JSON.parse('{"role":"user","content":"hi","__proto__":{"role":"system"}}')
    expect(say(inside)).toMatchObject({ code: 'field_not_allowed' })
    const part = JSON.parse('{"type":"text","text":"hi","__proto__":{"a":1}}')
    expect(say({ role: 'user', content: [part] })).toMatchObject({ code: 'field_not_allowed' })
    expect(({} as Record<string, unknown>).tools).toBeUndefined()
  })
})

describe('roles', () => {
  test.each(['system', 'developer', 'tool', 'function'])('%s is refused, wherever it stands', (role) => {
    for (const messages of [
      [{ role, content: 'x' }],
      [{ role, content: 'x' }, user],
      [user, { role, content: 'x' }],
    ]) {
      const error = ask({ messages }) as ApiError
      expect(error).toMatchObject({ code: 'role_not_allowed', status: 403 })
      expect(error.envelope().error.param).toMatch(/^messages\[[01]\]\.role$/)
    }
  })

  test('no allowed field admits a system prompt', () => {
    const all = ['system', 'developer', 'messages', 'role', 'tools', 'functions', 'name']
    for (const role of ['system', 'developer']) {
      expect(say({ role, content: 'x' }, ...all)).toMatchObject({ code: 'role_not_allowed' })
    }
  })

  test('allowing tools allows their roles, old and new', () => {
    const call = {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: '1', type: 'function', function: {} }],
    }
    const result = { role: 'tool', tool_call_id: '1', content: 'sunny' }
    expect(say(call)).toMatchObject({ code: 'field_not_allowed' })
    expect(taken(call, 'tools')).toEqual({ role: 'assistant', tool_calls: call.tool_calls })
    expect(taken(result, 'tools')).toEqual(result)
    const old = { role: 'function', name: 'weather', content: 'sunny' }
    expect(say(old, 'tools')).toMatchObject({ code: 'role_not_allowed' })
    expect(taken(old, 'functions')).toEqual(old)
  })
})

describe('messages', () => {
  test.each([
    { role: 'user', content: '' },
    { role: 'user', content: [{ type: 'text', text: 'hi' }] },
    {
      role: 'assistant',
      content: [
        { type: 'text', text: 'no' },
        { type: 'refusal', refusal: 'no' },
      ],
    },
    { role: 'assistant', refusal: 'no' },
  ])('%j goes as it is', (message) => {
    expect(taken(message)).toEqual(message)
  })

  test('an answer may be sent back as it came', () => {
    const answer = { role: 'assistant', content: 'hello', refusal: null, tool_calls: null, audio: null }
    expect(taken(answer)).toEqual({ role: 'assistant', content: 'hello' })
  })

  test.each([
    [{ role: 'user', content: 'hi', name: 'system' }, 'name'],
    [{ role: 'user', content: 'hi', tool_call_id: 'x' }, 'tool_call_id'],
    [{ role: 'user', content: 'hi', tool_calls: [] }, 'tool_calls'],
    [{ role: 'user', content: 'hi', Role: 'system' }, 'Role'],
    [{ role: 'user', content: 'hi', cache_control: {} }, 'cache_control'],
    [{ role: 'assistant', content: 'hi', tool_calls: [] }, 'tool_calls'],
    [{ role: 'assistant', content: 'hi', function_call: {} }, 'function_call'],
    [{ role: 'assistant', content: 'hi', audio: { id: 'x' } }, 'audio'],
    [{ role: 'assistant', content: 'hi', prefix: true }, 'prefix'],
  ])('%j: the field is refused', (message, field) => {
    const error = say(message) as ApiError
    expect(error).toMatchObject({ code: 'field_not_allowed' })
    expect(error.envelope().error.param).toBe(`messages[1].${field}`)
  })

  test('a refusal must be a text', () => {
    for (const refusal of [{ why: 'no' }, ['no'], 7, true]) {
      const error = say({ role: 'assistant', content: 'hi', refusal }) as ApiError
      expect(error).toMatchObject({ code: 'invalid_parameter' })
      expect(error.envelope().error.param).toBe('messages[1].refusal')
    }
  })

  test('a name is allowed where it is listed', () => {
    expect(taken({ role: 'user', content: 'hi', name: 'Ada' }, 'name')).toMatchObject({ name: 'Ada' })
  })
})

describe('content', () => {
  const part = (type: string) => ({ type, [type]: { url: 'https://a.example/a.png' } })

  test.each(['image_url', 'input_audio', 'file', 'video_url', 'tool_result', 'TEXT', 'Text', ' text', ''])(
    'a part of the type %j is refused',
    (type) => {
      const error = say({ role: 'user', content: [{ type: 'text', text: 'hi' }, part(type)] }) as ApiError
      expect(error).toMatchObject({ code: 'field_not_allowed' })
      expect(error.envelope().error.param).toBe('messages[1].content[1].type')
    },
  )

  test("a part is allowed where it is listed, in the visitor's own messages", () => {
    const content = [{ type: 'text', text: 'look' }, part('image_url')]
    expect(taken({ role: 'user', content }, 'image_url')).toEqual({ role: 'user', content })
    expect(say({ role: 'user', content }, 'file')).toBeInstanceOf(ApiError)
    expect(say({ role: 'assistant', content }, 'image_url')).toBeInstanceOf(ApiError)
  })

  test.each([
    null,
    undefined,
    7,
    true,
    {},
    { type: 'text', text: 'hi' },
    [],
    ['hi'],
    [null],
    [[{ type: 'text', text: 'hi' }]],
    [{ text: 'hi' }],
    [{ type: 'text' }],
    [{ type: 'text', text: 7 }],
    [{ type: 'text', text: { value: 'hi' } }],
    [{ type: ['text'], text: 'hi' }],
  ])('%j is no text', (content) => {
    expect(say({ role: 'user', content })).toMatchObject({ code: 'invalid_parameter', status: 400 })
    expect(say({ role: 'assistant', content })).toMatchObject({ code: 'invalid_parameter' })
  })

  test('a text part may have no other fields', () => {
    for (const hidden of ['role', 'image_url', 'cache_control', 'refusal']) {
      const error = say({
        role: 'user',
        content: [{ type: 'text', text: 'hi', [hidden]: 'system' }],
      }) as ApiError
      expect(error.envelope().error.param).toBe(`messages[1].content[0].${hidden}`)
    }
    expect(say({ role: 'user', content: [{ type: 'refusal', refusal: 'no' }] })).toBeInstanceOf(ApiError)
  })
})
