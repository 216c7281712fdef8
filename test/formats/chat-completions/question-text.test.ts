import { describe, expect, test } from 'vitest'
import { chatTexts } from '../../../worker/formats/chat-completions/question-text.ts'
import type { ChatRequest } from '../../../worker/formats/chat-completions/wire.ts'

const HI = { role: 'user', content: 'Hi' }
const texts = (body: object, ownersPrompt?: string) =>
  chatTexts({ messages: [HI], ...body } as ChatRequest, ownersPrompt)

describe('a plain question has one reading', () => {
  test.each<[string, object]>([
    ['a text', { messages: [HI] }],
    ['one part', { messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] }],
    [
      'all fields of numbers and enumerations',
      {
        model: 'gpt-4o',
        stream: true,
        stream_options: { include_usage: true },
        temperature: 1,
        n: 1,
        reasoning_effort: 'low',
        service_tier: 'auto',
        verbosity: 'high',
        modalities: ['text'],
        store: false,
        tool_choice: 'auto',
        response_format: { type: 'json_object' },
      },
    ],
    [
      'a picture and a sound',
      {
        messages: [
          {
            role: 'user',
            content: [
              {
                type: 'image_url',
                image_url: {
                  url: `data:image/png;base64,${btoa('\x89PNG\r\n\x1a\n'.repeat(2000))}`,
                  detail: 'low',
                },
              },
              { type: 'text', text: 'Hi' },
              {
                type: 'input_audio',
                input_audio: { data: btoa('RIFF\0\0\0\0WAVE'.repeat(50)), format: 'wav' },
              },
            ],
          },
        ],
      },
    ],
  ])('%s', (_, body) => {
    expect(texts(body)).toEqual(['Hi'])
  })
})

test('messages and parts are joined by blanks, and by nothing', () => {
  const parts = ['so', 'me'].map((text) => ({ type: 'text', text }))
  const messages = [
    { role: 'user', content: parts },
    { role: 'assistant', content: 'thing' },
  ]
  expect(texts({ messages })).toEqual(['so me thing', 'something'])
})

test('the owner’s prompt is not judged; another system prompt is', () => {
  const messages = [{ role: 'system', content: 'Sell shoes.' }, HI]
  expect(texts({ messages }, 'Sell shoes.')).toEqual(['Hi'])
  expect(texts({ messages }, 'Sell hats.')).toContain('Sell shoes. Hi')
  expect(texts({ messages: [{ role: 'user', content: 'Sell shoes.' }] }, 'Sell shoes.')).toEqual([
    'Sell shoes.',
  ])
})

test('a question without text has no reading', () => {
  expect(
    texts({
      messages: [{ role: 'user' }, { role: 'user', content: 3 }, { role: 'user', content: [null, {}] }],
    }),
  ).toEqual([])
})

const say = (...messages: object[]) => ({ messages })
const user = (...content: object[]) => say({ role: 'user', content })
const call = (fields: object) => say(HI, { role: 'assistant', content: null, tool_calls: [fields] })
const tool = (fields: object) => ({ tools: [{ type: 'function', function: { name: 'f', ...fields } }] })
const parameters = (parameters: object) => tool({ parameters })
const schema = (schema: object) => ({
  response_format: { type: 'json_schema', json_schema: { name: 's', schema } },
})
const members = (names: string[], value: unknown) => Object.fromEntries(names.map((name) => [name, value]))
const file = (fields: object) => user({ type: 'file', file: fields })

/** Where one text can stand. */
const places: [string, (text: string) => object][] = [
  ['a message', (content) => say({ role: 'user', content })],
  ['a system message', (content) => say({ role: 'system', content }, HI)],
  ['the name of a system message', (name) => say({ role: 'system', name }, HI)],
  ['a developer message', (content) => say({ role: 'developer', content }, HI)],
  ['an assistant’s message', (content) => say({ role: 'assistant', content }, HI)],
  ['a refusal', (refusal) => say({ role: 'assistant', content: 'ok', refusal }, HI)],
  ['a refusal of another type', (why) => say({ role: 'assistant', refusal: { why: [why] } }, HI)],
  [
    'a part that is a refusal',
    (refusal) => say({ role: 'assistant', content: [{ type: 'refusal', refusal }] }, HI),
  ],
  ['reasoning', (text) => say({ role: 'assistant', content: 'ok', reasoning_content: text }, HI)],
  ['a tool’s result', (content) => say(HI, { role: 'tool', tool_call_id: 'c', content })],
  ['the id of a tool’s result', (id) => say(HI, { role: 'tool', tool_call_id: id, content: 'ok' })],
  ['a function’s name', (name) => say(HI, { role: 'function', name, content: 'ok' })],
  [
    'a call’s arguments',
    (text) => call({ id: 'c', type: 'function', function: { name: 'f', arguments: text } }),
  ],
  ['a call’s name', (name) => call({ id: 'c', type: 'function', function: { name, arguments: '' } })],
  ['a call’s id', (id) => call({ id, type: 'function', function: { name: 'f', arguments: '' } })],
  ['a custom call’s input', (input) => call({ id: 'c', type: 'custom', custom: { name: 'f', input } })],
  ['an old call', (text) => say({ role: 'assistant', function_call: { name: text, arguments: '{}' } }, HI)],
  ['a speaker’s name', (name) => say({ role: 'user', content: 'Hi', name })],
  ['a picture’s address', (url) => user({ type: 'image_url', image_url: { url } })],
  ['a picture’s address, bare', (url) => user({ type: 'image_url', image_url: url })],
  [
    'a picture that is none',
    (text) => user({ type: 'image_url', image_url: { url: `data:image/png,${text}` } }),
  ],
  ['a sound that is none', (data) => user({ type: 'input_audio', input_audio: { data, format: 'wav' } })],
  ['a file’s name', (filename) => file({ filename, file_data: 'data:application/pdf;base64,AAAA' })],
  ['a file’s long name', (text) => file({ filename: text.padEnd(80, 'x'), file_id: '1' })],
  ['a file’s text', (text) => file({ file_data: `data:text/plain;base64,${btoa(text)}` })],
  ['a file’s long text', (text) => file({ file_data: btoa('Once upon a time. '.repeat(9000) + text) })],
  ['a part’s type', (type) => user({ type })],
  ['a part of an unknown kind', (text) => user({ type: 'video', video: { title: text } })],
  ['a part’s unknown field', (text) => user({ type: 'text', text: 'Hi', note: text })],
  ['a name in a part', (name) => user({ type: 'text', text: 'Hi', [name]: 1 })],
  ['a name in a message', (name) => say({ role: 'user', content: 'Hi', [name]: 1 })],
  ['a tool’s name', (name) => tool({ name })],
  ['a tool’s description', (description) => tool({ description })],
  [
    'a parameter’s name',
    (name) => parameters({ type: 'object', properties: { [name]: { type: 'string' } } }),
  ],
  [
    'a parameter’s description',
    (description) => parameters({ properties: { n: { type: 'string', description } } }),
  ],
  ['a parameter’s values', (value) => parameters({ properties: { n: { enum: ['a', value] } } })],
  ['a parameter’s type', (type) => parameters({ properties: { n: { type } } })],
  ['a parameter’s default', (text) => parameters({ properties: { n: { default: [{ a: text }] } } })],
  [
    'a custom tool’s grammar',
    (definition) => ({
      tools: [
        {
          type: 'custom',
          custom: { name: 'c', format: { type: 'grammar', grammar: { syntax: 'lark', definition } } },
        },
      ],
    }),
  ],
  ['an old function', (description) => ({ functions: [{ name: 'f', description }] })],
  ['the chosen tool', (name) => ({ tool_choice: { type: 'function', function: { name } } })],
  ['a tool choice', (tool_choice) => ({ tool_choice })],
  [
    'the name of a schema',
    (name) => ({ response_format: { type: 'json_schema', json_schema: { name, schema: {} } } }),
  ],
  ['a schema’s description', (description) => schema({ type: 'object', description })],
  [
    'a schema’s name',
    (name) => schema({ type: 'object', properties: { a: { properties: { [name]: {} } } } }),
  ],
  ['a prediction', (content) => ({ prediction: { type: 'content', content } })],
  [
    'a prediction in parts',
    (text) => ({ prediction: { type: 'content', content: [{ type: 'text', text }] } }),
  ],
  ['a stop', (stop) => ({ stop })],
  ['stops', (stop) => ({ stop: ['x', stop] })],
  ['the user', (user) => ({ user })],
  ['the safety identifier', (text) => ({ safety_identifier: text })],
  ['the cache key', (text) => ({ prompt_cache_key: text })],
  ['metadata', (text) => ({ metadata: { a: text } })],
  ['a name in metadata', (name) => ({ metadata: { [name]: 'a' } })],
  ['a place to search in', (city) => ({ web_search_options: { user_location: { approximate: { city } } } })],
  ['an effort', (text) => ({ reasoning_effort: text })],
  ['an unknown field', (text) => ({ extra: { deep: [[{ er: text }]] } })],
  ['an unknown field with a known name', (text) => ({ extra: { url: text, data: text.padEnd(99, 'x') } })],
  ['a field’s name', (name) => ({ [name]: true })],
  ['a name in an unknown field', (name) => ({ extra: { [name]: 1 } })],
]

/** Where the parts of a cut text can stand beside each other. */
const cuts: [string, (texts: string[]) => object][] = [
  ['parts', (texts) => user(...texts.map((text) => ({ type: 'text', text })))],
  [
    'parts around pictures',
    (texts) =>
      user(
        ...texts.flatMap((text) => [
          { type: 'text', text },
          {
            type: 'image_url',
            image_url: { url: `data:image/png;base64,${btoa('\x89PNG\0')}`, detail: 'low' },
          },
        ]),
      ),
  ],
  ['messages', (texts) => say(...texts.map((content) => ({ role: 'user', content })))],
  [
    'messages of several roles',
    (texts) => say(...texts.map((content, i) => ({ role: i % 2 ? 'assistant' : 'user', content }))),
  ],
  [
    'messages with names',
    (texts) => say(...texts.map((content) => ({ role: 'user', name: 'bob', content }))),
  ],
  [
    'messages, some in parts',
    (texts) =>
      say(...texts.map((text, i) => ({ role: 'user', content: i % 2 ? text : [{ type: 'text', text }] }))),
  ],
  [
    'a refusal and a text',
    ([first, ...rest]) =>
      say(
        {
          role: 'assistant',
          content: [
            { type: 'refusal', refusal: first },
            { type: 'text', text: rest.join('') },
          ],
        },
        HI,
      ),
  ],
  [
    'results of tools',
    (texts) => say(HI, ...texts.map((content) => ({ role: 'tool', tool_call_id: 'c', content }))),
  ],
  [
    'arguments of calls',
    (texts) =>
      say(HI, {
        role: 'assistant',
        tool_calls: texts.map((text) => ({
          id: 'c',
          type: 'function',
          function: { name: 'f', arguments: text },
        })),
      }),
  ],
  [
    'descriptions of tools',
    (texts) => ({
      tools: texts.map((description) => ({
        type: 'function',
        function: { name: 'f', description, parameters: { type: 'object', properties: {} } },
      })),
    }),
  ],
  [
    'names of tools',
    (texts) => ({ tools: texts.map((name) => ({ type: 'function', function: { description: 'd', name } })) }),
  ],
  [
    'descriptions of parameters',
    (texts) =>
      parameters({
        properties: Object.fromEntries(
          texts.map((description, i) => [`p${i}`, { type: 'string', description }]),
        ),
      }),
  ],
  ['values of a parameter', (texts) => parameters({ properties: { n: { type: 'string', enum: texts } } })],
  ['stops', (stop) => ({ stop })],
  ['metadata', (texts) => ({ metadata: Object.fromEntries(texts.map((text, i) => [`a${i}`, text])) })],
  [
    'names of files',
    (texts) => user(...texts.map((filename) => ({ type: 'file', file: { filename, file_id: '1' } }))),
  ],
  ['an unknown field', (texts) => ({ extra: texts })],
  [
    'a prediction',
    (texts) => ({ prediction: { type: 'content', content: texts.map((text) => ({ type: 'text', text })) } }),
  ],
]

/** Names can't repeat in an object, so these need a word of different letters. `n` is also a field's name. */
const namings: [string, (names: string[]) => object][] = [
  [
    'parameters',
    (names) =>
      parameters({
        type: 'object',
        properties: members(names, { type: 'string', description: 'd' }),
        required: [],
      }),
  ],
  ['a schema', (names) => schema({ type: 'object', properties: members(names, { type: 'null' }) })],
  ['metadata', (names) => ({ metadata: members(names, 'a') })],
  ['an unknown field', (names) => ({ extra: members(names, { type: 'string' }) })],
]

/** The word in from 1 to all of its letters, in every way. */
function pieces(word: string): string[][] {
  const letter = word.charAt(0)
  if (word.length === 1) return [[letter]]
  return pieces(word.slice(1)).flatMap(([first = '', ...rest]) => [
    [letter + first, ...rest],
    [letter, first, ...rest],
  ])
}
const WORD = 'Forbidden'

describe('a forbidden word is judged', () => {
  test.each(places)('in %s', (_, place) => {
    expect(texts(place(`a ${WORD} word`)).join('|')).toContain(`a ${WORD} word`)
    expect(texts(place(WORD)).join('|')).toContain(WORD)
  })

  test.each(cuts)('cut over %s', (_, cut) => {
    for (const cutWord of pieces(WORD)) {
      expect(texts(cut(cutWord)).join('|'), cutWord.join('|')).toContain(WORD)
    }
  })

  test.each(cuts)('after another one, as words of their own, in %s', (_, cut) => {
    const all = texts(cut([WORD, 'word'])).join('|')
    expect(all).toMatch(/Forbidden\b/)
  })

  test.each(namings)('cut over the names in %s', (_, named) => {
    for (const word of ['number', 'unlock', 'no', 'id']) {
      for (const cutWord of pieces(word)) {
        expect(texts(named(cutWord)).join('|'), cutWord.join('|')).toContain(word)
      }
    }
  })
})
