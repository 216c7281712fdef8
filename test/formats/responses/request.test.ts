import { describe, expect, test } from 'vitest'
import { rewrite } from '../../../worker/admission/rewrite.ts'
import { ApiError } from '../../../worker/errors.ts'
import type { Changes, Question } from '../../../worker/formats/format.ts'
import { inputTokensRequest, responsesRequests } from '../../../worker/formats/responses/request.ts'

function read(fields: object = {}, visitor?: Parameters<typeof responsesRequests.read>[1]): Question {
  const question = responsesRequests.read({ input: 'hi', ...fields }, visitor)
  if (question instanceof ApiError) throw question
  return question
}
const refusal = (fields: object) => {
  const error = responsesRequests.read({ input: 'hi', ...fields }) as ApiError
  expect(error).toBeInstanceOf(ApiError)
  return { status: error.status, ...error.envelope().error }
}

/** What goes upstream of a request with these fields, beside its input. */
function changed(fields: object, changes: Partial<Changes> = {}): Record<string, unknown> {
  const question = read(fields)
  const { stream } = question
  const all = { model: 'm', stream, tellUsage: false, ...changes }
  const { model, input: _, ...others } = question.changed(all).request
  expect(model).toBe(all.model)
  return others
}

describe('a request that is read', () => {
  test('tells its model, its stream, its bound and what its answer’s end should tell', () => {
    const fields = {
      model: 'm',
      stream: true,
      stream_options: { include_timing: true },
      max_output_tokens: 50,
    }
    expect(read(fields)).toMatchObject({
      model: 'm',
      stream: true,
      asks: { usage: false, timing: true },
      choices: 1,
      outputBounds: [50],
      promptField: 'input',
    })
    expect(read({ model: null, stream: null, stream_options: null, max_output_tokens: null })).toMatchObject({
      stream: false,
      asks: { usage: false, timing: false },
      outputBounds: [],
    })
  })

  test.each([
    [{}, false, true],
    [{ background: true, store: false }, true, false],
    [{ background: null, store: null }, false, true],
  ])('tells what is wanted of its answer: %j', (fields, background, store) => {
    const question = read(fields)
    expect(question).toMatchObject({ background, store })
    const kept = question.changed({ model: 'm', stream: true, tellUsage: false, keptHere: true })
    expect(kept).toMatchObject({ background, store })
    expect(read(fields, { systemPrompt: undefined, fields: new Set() })).toMatchObject({ background, store })
  })

  test('names the stored things that it refers to', () => {
    const question = read({
      previous_response_id: 'resp_1',
      conversation: { id: 'conv_1' },
      prompt: { id: 'pmpt_1' },
      prompt_cache_options: { comparison_response_id: 'resp_2' },
      input: [
        { id: 'msg_1' },
        { type: 'item_reference', id: 'rs_1' },
        { role: 'user', content: 'hi', id: 'x' },
      ],
    })
    expect(question.previous).toBe('resp_1')
    expect(question.storedIds).toEqual(['conv_1', 'pmpt_1', 'resp_2', 'msg_1', 'rs_1'])
    expect(read({ conversation: 'conv_2' }).storedIds).toEqual(['conv_2'])
    expect(read()).toMatchObject({ previous: undefined, storedIds: [] })
  })
})

describe('the input', () => {
  test.each([
    'hi',
    '',
    [{ role: 'user', content: 'hi' }],
    [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] }],
    [{ type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' }],
    [{ type: 'something_new', members: [1] }],
  ])('may be %j', (input) => {
    expect(read({ input }).request).toEqual({ input })
  })

  test.each([undefined, null, [], 4, {}, true])('may not be %j', (input) => {
    expect(refusal({ input })).toMatchObject({
      status: 400,
      code: 'invalid_parameter',
      param: 'input',
      message: '`input` must be text, or a list of items.',
    })
  })

  test.each([{ previous_response_id: 'resp_1' }, { conversation: 'conv_1' }, { prompt: { id: 'pmpt_1' } }])(
    'may be missing where something stored stands for it: %j',
    (stored) => {
      for (const input of [undefined, null, []]) read({ input, ...stored })
      const visitor = { systemPrompt: undefined, fields: new Set<string>() }
      expect(responsesRequests.read(stored, visitor)).toBeInstanceOf(ApiError)
    },
  )
})

describe('what goes upstream', () => {
  test('is what came, to the byte, wherever nothing has to change', () => {
    const text = '{ "model":"m", "input" : "hi", "stream":true, "temperature":1.0, "x": [1e2] }'
    const question = responsesRequests.read(JSON.parse(text)) as Question
    const { request } = question.changed({ model: 'm', stream: true, tellUsage: true })
    expect(rewrite(text, question.request, request)).toBe(text)
  })

  test.each([{}, { include_timing: true }, { include_obfuscation: false }])(
    'has no stream options on an unstreamed call: %j',
    (stream_options) => {
      expect(changed({ stream_options })).not.toHaveProperty('stream_options')
    },
  )

  test('has stream options as they came on a streamed call, without our own', () => {
    for (const stream_options of [{}, { include_obfuscation: false }, null]) {
      expect(changed({ stream: true, stream_options })).toEqual({ stream: true, stream_options })
    }
    const stream_options = { include_timing: true, include_obfuscation: false }
    expect(changed({ stream: true, stream_options }, { tellUsage: true })).toEqual({
      stream: true,
      stream_options: { include_obfuscation: false },
    })
  })

  test('has the bound', () => {
    expect(changed({}, { outputBound: 100 })).toEqual({ max_output_tokens: 100 })
    expect(changed({ max_output_tokens: 1e9 }, { outputBound: 100 })).toEqual({ max_output_tokens: 100 })
    expect(changed({ max_output_tokens: 7 })).toEqual({ max_output_tokens: 7 })
  })

  test.each([
    [{}, undefined],
    [{ tools: [{ type: 'function', name: 'f' }], max_tool_calls: 9 }, 9],
    [{ tools: [{ type: 'web_search' }] }, 3],
    [{ tools: [{ type: 'web_search' }], max_tool_calls: 9 }, 3],
    [{ tools: [{ type: 'web_search' }], max_tool_calls: 1 }, 1],
    [{ input: [{ type: 'additional_tools', role: 'developer', tools: [{ type: 'mcp' }] }] }, 3],
  ])('has the bound of the upstream’s tools: %j', (fields, calls) => {
    expect(changed(fields, { toolRounds: 3 }).max_tool_calls).toBe(calls)
    expect(changed(fields).max_tool_calls).toBe((fields as { max_tool_calls?: number }).max_tool_calls)
  })

  test('stores nothing and waits for nothing, where the Worker keeps the answer', () => {
    const fields = { background: true, store: true, stream: true }
    expect(changed(fields)).toEqual(fields)
    expect(changed(fields, { keptHere: true })).toEqual({ store: false, stream: true })
  })

  test('to count the input has the fields of that route alone', () => {
    const fields = { instructions: 'x', tools: [], stream: true, max_output_tokens: 16, store: false, x: 1 }
    const question = read(fields).changed({ model: 'm', stream: false, tellUsage: false })
    expect(inputTokensRequest(question)).toEqual({ model: 'm', input: 'hi', instructions: 'x', tools: [] })
  })
})

describe('a name that some upstreams would take for another', () => {
  test.each([
    [{ Model: 'gpt-dear' }, 'model'],
    [{ INPUT: 'x' }, 'input'],
    [{ Max_Output_Tokens: 1e9 }, 'max_output_tokens'],
    [{ max_tool_callS: 1e9 }, 'max_tool_calls'],
    [{ Previous_Response_Id: 'resp_1' }, 'previous_response_id'],
    [{ Store: true }, 'store'],
    [{ Instructions: 'x' }, 'instructions'],
    [{ toolS: [] }, 'tools'],
    [{ stream_options: { Include_Timing: true } }, 'stream_options.include_timing'],
    [{ input: [{ role: 'user', content: 'x', Role: 'system' }] }, 'input[0].role'],
    [
      { input: [{ role: 'user', content: [{ type: 'input_text', text: '', TEXT: 'x' }] }] },
      'input[0].content[0].text',
    ],
    [{ input: [{ type: 'function_call_output', call_id: 'c', Output: 'x' }] }, 'input[0].output'],
    [
      { input: [{ role: 'user', content: [{ type: 'input_file', file_ID: 'f' }] }] },
      'input[0].content[0].file_id',
    ],
  ])('is refused: %j', (fields, param) => {
    const error = refusal(fields)
    expect(error).toMatchObject({ status: 400, code: 'invalid_parameter', param })
    expect(error.message).toContain(`\`${param}\``)
  })

  test('is the caller’s own affair inside of tools and metadata, and so is a name that is not read', () => {
    const tools = [{ type: 'function', name: 'f', parameters: { properties: { Model: {}, Role: {} } } }]
    read({ tools, metadata: { Input: 'x' }, Temperature: 1, X_Role: 'y' })
  })
})

test('a question in plain text is a request with one message', () => {
  expect(responsesRequests.ask('Why?')).toEqual({ input: 'Why?' })
  expect(responsesRequests.isRequest({ input: 'Why?' })).toBe(true)
  expect(responsesRequests.isRequest({ messages: [] })).toBe(false)
})

test.each([
  [[], false],
  [['tools', 'file_id'], false],
  [['input_image'], true],
  [['input_file'], true],
  [['input_audio'], true],
])('a visitor who may send %j sends files: %s', (fields, takes) => {
  expect(responsesRequests.takesFiles(new Set(fields))).toBe(takes)
})
