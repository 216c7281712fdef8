/** What a prompt of the Responses API costs: shown, at the most, and with the upstream's tools. */
import { describe, expect, test } from 'vitest'
import { ApiError } from '../../../worker/errors.ts'
import type { VisitorRules } from '../../../worker/formats/format.ts'
import { responsesRequests } from '../../../worker/formats/responses/request.ts'
import { ASSUMED_PART, TOOL_RESULT } from '../../../worker/limits.ts'
import { countChat } from '../../../worker/tokens/chat.ts'
import { mostOf } from '../../support/most-of.ts'
import { base64, dataUrl, png, wav, wavFormat } from '../../support/pictures.ts'
import { ENCODINGS } from '../../tokens/encodings.ts'

const [{ counter }] = ENCODINGS as [(typeof ENCODINGS)[0]]
const TEXT = 'Ships sail the seas, and the seas carry ships.'
const SMALL = dataUrl(png(512, 512))
const FAR = 'https://a.example/a.png'
const wire = (error: unknown) => {
  expect(error).toBeInstanceOf(ApiError)
  return (error as ApiError).envelope().error
}

function read(fields: object, visitor?: VisitorRules) {
  const question = responsesRequests.read(fields as never, visitor)
  if (question instanceof ApiError) throw question
  return question
}
const shown = (fields: object, model = 'gpt-4o') => read(fields).promptTokens(model, counter)
const most = (fields: object, model = 'gpt-4o', mostOfPart?: number) =>
  read(fields).mostPromptTokens(model, counter, mostOf(model, mostOfPart))
const user = (...content: object[]) => ({ input: [{ role: 'user', content }] })
const NOTHING = shown(user())
const count = (value: unknown) => counter.count(typeof value === 'string' ? value : JSON.stringify(value))

describe('text is counted as a conversation is', () => {
  test('whichever way it is written', () => {
    const tokens = countChat([{ role: 'user', content: TEXT }], 'gpt-4o', counter)
    for (const input of [
      TEXT,
      [{ role: 'user', content: TEXT }],
      [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: TEXT }] }],
      [{ type: 'message', id: 'msg_1', status: 'completed', role: 'user', content: TEXT }],
    ]) {
      expect([shown({ input }), most({ input })]).toEqual([tokens, tokens])
    }
  })

  test('instructions are a message', () => {
    const messages = [
      { role: 'developer', content: TEXT },
      { role: 'user', content: 'hi' },
    ]
    const tokens = countChat(messages, 'gpt-4o', counter)
    expect(shown({ instructions: TEXT, input: 'hi' })).toBe(tokens)
    expect(shown({ input: messages })).toBe(tokens)
  })

  /** An item, and the least that it has to count beside its own 3 tokens. */
  test.each<[string, object, number]>([
    ['a refusal', { role: 'assistant', content: [{ type: 'refusal', refusal: TEXT }] }, count(TEXT)],
    ['a call', { type: 'function_call', call_id: 'c', name: 'f', arguments: TEXT }, count(TEXT) + 7],
    ['a custom call', { type: 'custom_tool_call', call_id: 'c', name: 'f', input: TEXT }, count(TEXT) + 7],
    ['a call’s id', { type: 'function_call', call_id: TEXT, name: 'f', arguments: '' }, count(TEXT)],
    ['a result', { type: 'function_call_output', call_id: 'c', output: TEXT }, count(TEXT)],
    [
      'a result in parts',
      { type: 'custom_tool_call_output', call_id: 'c', output: [{ type: 'input_text', text: TEXT }] },
      count(TEXT),
    ],
    [
      'a summary',
      { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: TEXT }] },
      count(TEXT),
    ],
    [
      'reasoning',
      { type: 'reasoning', id: '1', content: [{ type: 'reasoning_text', text: TEXT }] },
      count(TEXT),
    ],
    ['what is encrypted', { type: 'reasoning', id: '1', summary: [], encrypted_content: TEXT }, count(TEXT)],
    [
      'what is found',
      { type: 'file_search_call', id: '1', queries: [], results: [{ text: TEXT }] },
      count(TEXT),
    ],
    [
      'what a server said',
      { type: 'mcp_call', id: '1', name: 'f', arguments: '{}', output: TEXT },
      count(TEXT),
    ],
    ['a program’s result', { type: 'program_output', call_id: '1', result: TEXT }, count(TEXT)],
    [
      'what a shell printed',
      { type: 'shell_call_output', call_id: '1', output: [{ stdout: TEXT }] },
      count(TEXT),
    ],
    [
      'tools in the input',
      { type: 'additional_tools', role: 'developer', tools: [{ description: TEXT }] },
      count(TEXT),
    ],
    ['what is not known', { type: 'new_item', deep: [{ er: TEXT }] }, count(TEXT)],
    [
      'a source',
      { role: 'assistant', content: [{ type: 'output_text', text: '', annotations: [{ title: TEXT }] }] },
      count(TEXT),
    ],
    [
      'a member of a part',
      { role: 'user', content: [{ type: 'input_text', text: '', cite: TEXT }] },
      count(TEXT),
    ],
    ['a name that is no call’s', { role: 'user', content: '', name: TEXT }, count(TEXT)],
  ])('in %s', (_, item, least) => {
    const bare = shown({ input: [{ type: 'new_item' }] })
    for (const tokens of [shown({ input: [item] }), most({ input: [item] })]) {
      expect(tokens).toBeGreaterThanOrEqual(bare + least)
      expect(tokens).toBeLessThanOrEqual(bare + least + 30)
    }
  })

  test('in tools and forms, and in fields that are not known', () => {
    const tools = [{ type: 'function', name: 'f', description: TEXT }]
    const format = { type: 'json_schema', name: 's', schema: { description: TEXT } }
    const input: never[] = []
    const empty = shown({ input, previous_response_id: 'r' }) - ASSUMED_PART.tokens.other
    const previous = { input, previous_response_id: 'r' }
    const beside = (fields: object) => Number(most({ ...previous, ...fields }, 'gpt-4o', 0)) - empty
    expect(beside({ tools })).toBe(count(tools))
    expect(beside({ text: { format } })).toBe(count({ format }))
    expect(beside({ documents: [TEXT] })).toBe(count([TEXT]))
    expect(shown({ ...previous, tools, text: { format } }) - empty - ASSUMED_PART.tokens.other).toBe(
      count(tools) + count(format),
    )
  })

  test('not in what only the upstream reads', () => {
    const fields = {
      metadata: { TEXT },
      user: TEXT,
      include: [TEXT],
      prompt_cache_key: TEXT,
      reasoning: { effort: TEXT },
    }
    expect(most({ ...user(), ...fields })).toBe(NOTHING)
  })
})

describe('a part that is not text', () => {
  const sound = { data: base64(wav(wavFormat(), Array(48_000).fill(0))), format: 'wav' }
  const made = { type: 'image_generation_call', id: 'ig_1', status: 'completed', result: SMALL.repeat(3) }
  const shot = {
    type: 'computer_call_output',
    call_id: '',
    output: { type: 'computer_screenshot', image_url: SMALL },
  }

  test.each<[string, model: string, fields: object, shown: number, most: number]>([
    ['a picture of known size', 'gpt-4o', user({ type: 'input_image', image_url: SMALL }), 255, 255],
    ['and its detail', 'gpt-4o', user({ type: 'input_image', image_url: SMALL, detail: 'low' }), 85, 85],
    ['a picture elsewhere', 'gpt-4o', user({ type: 'input_image', image_url: FAR }), 765, 1445],
    ['a stored picture', 'gpt-4o', user({ type: 'input_image', file_id: 'file_1' }), 765, 1445],
    ['a sound', 'gpt-audio', user({ type: 'input_audio', input_audio: sound }), 13, 13],
  ])('%s, for %s', (_, model, fields, assumed, bound) => {
    const nothing = shown(user(), model)
    expect([shown(fields, model) - nothing, Number(most(fields, model)) - nothing]).toEqual([assumed, bound])
  })

  test.each([made, shot])(
    'a picture that was made or taken counts as one, and its data not as text',
    (item) => {
      const tokens = Number(most({ input: [item] }))
      expect(tokens).toBeGreaterThan(250)
      expect(tokens).toBeLessThan(1445 + 60)
    },
  )

  test.each<[string, object, param: string]>([
    ['a file', user({ type: 'input_file', file_data: 'JVBERi0=' }), 'input[0].content[0]'],
    [
      'a stored file',
      user({ type: 'input_text', text: '' }, { type: 'input_file', file_id: 'f' }),
      'input[0].content[1]',
    ],
    ['a file elsewhere', user({ type: 'input_file', file_url: FAR }), 'input[0].content[0]'],
    ['a part of an unknown kind', user({ type: 'input_video', video: FAR }), 'input[0].content[0]'],
    [
      'a file as a result',
      { input: [{ type: 'function_call_output', output: [{ type: 'input_file' }] }] },
      'input[0].output[0]',
    ],
    ['the answer before', { input: 'hi', previous_response_id: 'resp_1' }, 'previous_response_id'],
    ['a conversation', { input: 'hi', conversation: 'conv_1' }, 'conversation'],
    ['a template', { prompt: { id: 'pmpt_1', variables: {} } }, 'prompt'],
    ['a reference', { input: [{ type: 'item_reference', id: 'msg_1' }] }, 'input[0]'],
    ['an item with only an id', { input: [{ id: 'msg_1' }] }, 'input[0]'],
  ])('%s has no known bound', (_, fields, param) => {
    expect(wire(most(fields))).toMatchObject({ code: 'cost_unknown', param })
    expect(Number(most(fields, 'gpt-4o', 50_000)) - Number(most(fields, 'gpt-4o', 0))).toBe(50_000)
    expect(shown(fields)).toBeGreaterThanOrEqual(765)
  })

  test('is named by its place in the visitor’s own input', () => {
    const visitor = { systemPrompt: 'Sell shoes.', fields: new Set(['input_file']) }
    const question = read(user({ type: 'input_file', file_data: 'x' }), visitor)
    expect(wire(question.mostPromptTokens('gpt-4o', counter, mostOf('gpt-4o'))).param).toBe(
      'input[0].content[0]',
    )
  })
})

describe('tools that the upstream calls', () => {
  const limits = { rounds: 3, prompt: 100, output: 10, mostOfPart: undefined }
  const tokens = (fields: object, more: object = {}) =>
    read({ input: 'hi', ...fields }).toolTokens?.({ ...limits, ...more })
  const search = { type: 'file_search', vector_store_ids: ['vs_1'], max_num_results: 5 }
  /** Each of the rounds reads the prompt, the answer so far, and all results so far. */
  const rounds = (count: number, result: number) => count * 110 + (result * count * (count + 1)) / 2

  test.each<[string, object, number]>([
    ['none', {}, 0],
    [
      'those that the caller runs',
      {
        tools: [
          { type: 'function', name: 'f' },
          { type: 'custom', name: 'g' },
        ],
      },
      0,
    ],
    ['a search of documents', { tools: [search] }, rounds(3, 5 * TOOL_RESULT.chunk)],
    ['fewer calls of it', { tools: [search], max_tool_calls: 1 }, rounds(1, 5 * TOOL_RESULT.chunk)],
    ['more calls of it', { tools: [search], max_tool_calls: 99 }, rounds(3, 5 * TOOL_RESULT.chunk)],
    ['no calls of it', { tools: [search], max_tool_calls: 0 }, 0],
    ['a search with all results', { tools: [{ type: 'file_search' }] }, rounds(3, 50 * TOOL_RESULT.chunk)],
    ['a search of the web', { tools: [{ type: 'web_search' }] }, rounds(3, 8000)],
    ['an older one', { tools: [{ type: 'web_search_preview' }] }, rounds(3, 8000)],
    ['the dearest of several', { tools: [search, { type: 'web_search' }] }, rounds(3, 8000)],
    [
      'one in the input',
      { input: [{ type: 'additional_tools', tools: [search] }] },
      rounds(3, 5 * TOOL_RESULT.chunk),
    ],
    ['a server’s list of its own', { input: [{ type: 'mcp_list_tools', tools: [{ name: 'f' }] }] }, 0],
  ])('%s', (_, fields, expected) => {
    expect(tokens(fields)).toBe(expected)
  })

  test.each<[string, object]>([
    ['tools[0]', { tools: [{ type: 'mcp', server_label: 's' }] }],
    ['tools[0]', { tools: [{ type: 'code_interpreter', container: {} }] }],
    ['tools[0]', { tools: [{ type: 'image_generation' }] }],
    ['tools[0]', { tools: [{ type: 'some_new_tool' }] }],
    ['tools[0]', { tools: [{}] }],
    ['input[0].tools[0]', { input: [{ type: 'additional_tools', tools: [{ type: 'mcp' }] }] }],
    ['prompt', { prompt: { id: 'pmpt_1' } }],
  ])('%s has results of unknown size: %j', (param, fields) => {
    expect(wire(tokens(fields))).toMatchObject({ code: 'cost_unknown', param })
    expect(tokens(fields, { mostOfPart: 5000 })).toBe(rounds(3, 5000))
  })

  test('a search of the web has at least what the owner states', () => {
    expect(tokens({ tools: [{ type: 'web_search' }] }, { mostOfPart: 20_000 })).toBe(rounds(3, 20_000))
    expect(tokens({ tools: [{ type: 'web_search' }] }, { mostOfPart: 20 })).toBe(rounds(3, 8000))
  })
})
