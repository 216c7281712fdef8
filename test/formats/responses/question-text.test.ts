import { describe, expect, test } from 'vitest'
import { ApiError } from '../../../worker/errors.ts'
import type { OwnersTool } from '../../../worker/formats/format.ts'
import { responsesRequests } from '../../../worker/formats/responses/request.ts'

const HI = { role: 'user', content: 'Hi' }
function texts(body: object, ownersPrompt?: string, ownersTools?: OwnersTool[]): string[] {
  const question = responsesRequests.read({ input: [HI], ...body } as never)
  if (question instanceof ApiError) throw question
  return question.judgedTexts(ownersPrompt, ownersTools)
}
const PICTURE = `data:image/png;base64,${btoa('\x89PNG\r\n\x1a\n'.repeat(2000))}`
const ENCRYPTED = btoa('\x80\0\0\x01\xff'.repeat(300)).replaceAll('+', '-').replaceAll('/', '_')

describe('a plain question has one reading', () => {
  test.each<[string, object]>([
    ['a text', { input: 'Hi' }],
    ['a message', { input: [HI] }],
    ['a message with its type', { input: [{ type: 'message', status: 'completed', ...HI }] }],
    ['one part', { input: [{ role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }] }],
    [
      'all fields of numbers and enumerations',
      {
        ...{ model: 'gpt-4o', stream: true, stream_options: { include_obfuscation: false }, temperature: 1 },
        ...{ max_output_tokens: 100, max_tool_calls: 3, store: true, background: false, truncation: 'auto' },
        ...{ previous_response_id: 'resp_1', include: ['reasoning.encrypted_content'], tool_choice: 'auto' },
        ...{
          reasoning: { effort: 'low', summary: 'auto' },
          text: { format: { type: 'text' }, verbosity: 'low' },
        },
      },
    ],
    [
      'pictures, sounds and what is encrypted',
      {
        input: [
          {
            role: 'user',
            content: [
              { type: 'input_image', image_url: PICTURE, detail: 'high' },
              { type: 'input_text', text: 'Hi' },
              {
                type: 'input_audio',
                input_audio: { data: btoa('RIFF\0\0\0\0WAVE'.repeat(50)), format: 'wav' },
              },
            ],
          },
          { type: 'reasoning', summary: [], encrypted_content: ENCRYPTED },
          { type: 'compaction', encrypted_content: ENCRYPTED },
          { type: 'image_generation_call', status: 'completed', result: PICTURE.slice(22) },
        ],
      },
    ],
  ])('%s', (_, body) => {
    expect(texts(body)).toEqual(['Hi'])
  })
})

test('items and parts are joined by blanks, and by nothing', () => {
  const parts = ['so', 'me'].map((text) => ({ type: 'input_text', text }))
  const input = [
    { role: 'user', content: parts },
    { role: 'assistant', content: 'thing' },
  ]
  expect(texts({ input })).toEqual(['so me thing', 'something'])
})

test('the owner’s prompt and tools are not judged; others are', () => {
  const input = [{ role: 'developer', content: 'Sell shoes.' }, HI]
  const tools = [{ type: 'mcp', server_label: 'shop', allowed_tools: ['find'] }]
  expect(texts({ input, tools }, 'Sell shoes.', structuredClone(tools))).toEqual(['Hi'])
  expect(texts({ input }, 'Sell hats.')).toContain('Sell shoes. Hi')
  expect(texts({ tools }, 'Sell shoes.', [{ type: 'web_search' }]).join('|')).toContain('shop')
  expect(texts({ input: [{ role: 'user', content: 'Sell shoes.' }] }, 'Sell shoes.')).toEqual(['Sell shoes.'])
})

const say = (item: object) => ({ input: [HI, item] })
const part = (part: object) => say({ role: 'user', content: [part] })
const tool = (fields: object) => ({ tools: [{ type: 'function', name: 'f', ...fields }] })

/** Where one text can stand. */
const places: [string, (text: string) => object][] = [
  ['the input', (input) => ({ input })],
  ['a message', (content) => say({ role: 'user', content })],
  ['a developer’s message', (content) => say({ role: 'developer', content })],
  ['a part', (text) => part({ type: 'input_text', text })],
  [
    'an answer',
    (text) => say({ role: 'assistant', content: [{ type: 'output_text', text, annotations: [] }] }),
  ],
  [
    'a source',
    (title) =>
      say({ role: 'assistant', content: [{ type: 'output_text', text: '', annotations: [{ title }] }] }),
  ],
  ['a refusal', (refusal) => say({ role: 'assistant', content: [{ type: 'refusal', refusal }] })],
  ['a call’s arguments', (text) => say({ type: 'function_call', call_id: 'c', name: 'f', arguments: text })],
  ['a call’s name', (name) => say({ type: 'function_call', call_id: 'c', name, arguments: '' })],
  ['a call’s id', (id) => say({ type: 'function_call', call_id: id, name: 'f', arguments: '' })],
  ['a custom call', (input) => say({ type: 'custom_tool_call', call_id: 'c', name: 'f', input })],
  ['a result', (output) => say({ type: 'function_call_output', call_id: 'c', output })],
  ['a summary', (text) => say({ type: 'reasoning', summary: [{ type: 'summary_text', text }] })],
  ['a search', (query) => say({ type: 'file_search_call', id: '1', queries: [query] })],
  ['what a server said', (output) => say({ type: 'mcp_call', id: '1', output })],
  ['a program’s result', (result) => say({ type: 'program_output', result })],
  ['an unknown item', (text) => say({ type: 'new_item', deep: [{ er: text }] })],
  ['a type', (type) => say({ type })],
  ['a picture’s address', (url) => part({ type: 'input_image', image_url: url })],
  ['a file’s name', (filename) => part({ type: 'input_file', filename })],
  [
    'a file’s text',
    (text) => part({ type: 'input_file', file_data: `data:text/plain;base64,${btoa(text)}` }),
  ],
  [
    'a file’s long text',
    (text) => part({ type: 'input_file', file_data: btoa('Once upon a time. '.repeat(99) + text) }),
  ],
  ['a sound that is none', (data) => part({ type: 'input_audio', input_audio: { data, format: 'wav' } })],
  ['a name in an item', (name) => say({ role: 'user', content: 'Hi', [name]: 1 })],
  [
    'tools in the input',
    (text) => say({ type: 'additional_tools', role: 'developer', tools: [{ description: text }] }),
  ],
  ['a developer’s name', (name) => say({ role: 'developer', content: 'Sell shoes.', name })],
  ['instructions', (instructions) => ({ instructions })],
  ['a tool’s name', (name) => tool({ name })],
  ['a tool’s description', (description) => tool({ description })],
  ['a parameter’s name', (name) => tool({ parameters: { properties: { [name]: { type: 'string' } } } })],
  [
    'a server’s description',
    (text) => ({ tools: [{ type: 'mcp', server_label: 's', server_description: text }] }),
  ],
  [
    'a schema',
    (description) => ({ text: { format: { type: 'json_schema', name: 's', schema: { description } } } }),
  ],
  ['a template’s variable', (text) => ({ prompt: { id: 'p', variables: { [`${text}`]: text } } })],
  ['metadata', (text) => ({ metadata: { a: text } })],
  ['a field’s name', (name) => ({ [name]: true })],
  ['an unknown field', (text) => ({ extra: { deep: [[{ er: text }]] } })],
]

/** Where the parts of a cut text can stand beside each other. */
const cuts: [string, (texts: string[]) => object][] = [
  [
    'parts',
    (texts) => ({ input: [{ role: 'user', content: texts.map((text) => ({ type: 'input_text', text })) }] }),
  ],
  ['messages', (texts) => ({ input: texts.map((content) => ({ role: 'user', content })) })],
  [
    'answers with ids',
    (texts) => ({
      input: texts.map((text, i) => ({
        ...{ type: 'message', id: `msg_${i}`, status: 'completed', role: 'assistant' },
        content: [{ type: 'output_text', text, annotations: [] }],
      })),
    }),
  ],
  [
    'results',
    (texts) => ({ input: texts.map((output) => ({ type: 'function_call_output', call_id: 'c', output })) }),
  ],
  [
    'descriptions',
    (texts) => ({ tools: texts.map((description) => ({ type: 'function', name: 'f', description })) }),
  ],
]
const WORD = 'Forbidden'

describe('a forbidden word is judged', () => {
  test.each(places)('in %s', (_, place) => {
    for (const said of [`a ${WORD} word`, WORD]) {
      for (const prompt of [undefined, 'Sell shoes.']) {
        expect(texts(place(said), prompt).join('|')).toContain(said)
      }
    }
  })

  test.each(cuts)('cut over %s', (_, cut) => {
    expect(texts(cut([...WORD])).join('|')).toContain(WORD)
    expect(texts(cut(['Forb', 'idden'])).join('|')).toContain(WORD)
  })
})
