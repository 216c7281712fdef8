import { describe, expect, test } from 'vitest'
import type { TextPiece } from '../../../worker/formats/answer-format.ts'
import { textsOfChoice, textsOfOther } from '../../../worker/formats/chat-completions/texts.ts'

/** `kind key text`, with `again` where the text stands in another piece too. */
const line = ({ kind, key, text, repeats }: TextPiece) => `${kind} ${key} ${text}${repeats ? ' again' : ''}`
const linesOf = (choice: object) => textsOfChoice(choice, 0).map(line)

const call = (fields: object) => ({ id: 'call_1', ...fields })

describe('the texts of a delta', () => {
  test.each<[string, object, string[]]>([
    ['none', { role: 'assistant', content: '', refusal: null }, []],
    ['content', { content: 'a' }, ['content content a']],
    [
      'content as parts',
      { content: ['a', { type: 'text', text: 'b' }, { type: 'refusal', refusal: 'no' }] },
      ['content content a', 'content content b', 'refusal refusal no'],
    ],
    [
      'reasoning as a part of the content',
      { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'hm' }], signature: 'AAAA' }] },
      ['reasoning reasoning hm'],
    ],
    [
      'a part of an unknown kind',
      { content: [{ type: 'cite', source: { title: 'a' } }] },
      ['other content.0.source.title a'],
    ],
    ['a refusal', { content: null, refusal: 'no' }, ['refusal refusal no']],
    ...['reasoning_content', 'reasoning', 'reasoning_text', 'thinking'].map(
      (name): [string, object, string[]] => [name, { [name]: 'hm' }, ['reasoning reasoning hm']],
    ),
    [
      'details of reasoning, without what is encrypted',
      {
        reasoning_details: [
          { type: 'reasoning.text', text: 'hm', format: 'f', index: 0 },
          { type: 'reasoning.encrypted', data: 'AAAA' },
        ],
      },
      ['reasoning reasoning hm'],
    ],
    [
      'the same reasoning in three fields',
      { reasoning: 'hm', reasoning_content: 'hm', reasoning_details: [{ text: 'hm' }] },
      [
        'reasoning reasoning hm',
        'reasoning reasoning hm again',
        'reasoning reasoning_details.0.text hm again',
      ],
    ],
    [
      'reasoning beside an empty field of it',
      { reasoning_content: '', reasoning: 'hm' },
      ['reasoning reasoning hm'],
    ],
    [
      'a function call, without its id',
      { tool_calls: [call({ index: 3, type: 'function', function: { name: 'f', arguments: '{' } })] },
      ['tool tool_calls.3.function.name f', 'tool tool_calls.3.function.arguments {'],
    ],
    [
      'tool calls without an index',
      { tool_calls: [{ function: { arguments: 'a' } }, { function: { arguments: 'b' } }] },
      ['tool tool_calls.0.function.arguments a', 'tool tool_calls.1.function.arguments b'],
    ],
    [
      "a custom tool's input",
      { tool_calls: [call({ index: 0, type: 'custom', custom: { name: 'f', input: 'x' } })] },
      ['tool tool_calls.0.custom.name f', 'tool tool_calls.0.custom.input x'],
    ],
    [
      'an unknown field of a tool call',
      { tool_calls: [call({ index: 0, function: { note: 'x' } })] },
      ['other tool_calls.0.function.note x'],
    ],
    [
      'the deprecated call',
      { function_call: { name: 'f', arguments: 'x' } },
      ['tool function_call.name f', 'tool function_call.arguments x'],
    ],
    [
      "a sound's transcript, not its bytes",
      { audio: { id: 'i', transcript: 'hi', data: 'AAAA' } },
      ['transcript audio.transcript hi'],
    ],
    ['an unknown field', { poem: { lines: ['a', 'b'] } }, ['other poem.lines.0 a', 'other poem.lines.1 b']],
    ['content that is an object', { content: { a: 'x' } }, ['other content.a x']],
  ])('are found: %s', (_, delta, lines) => {
    expect(linesOf({ index: 0, delta })).toEqual(lines)
  })
})

test('each piece has its choice: by its index, or by its place where it has none', () => {
  const delta = { content: 'a' }
  expect(textsOfChoice({ index: 2, delta }, 0)).toMatchObject([{ choice: 2 }])
  expect(textsOfChoice({ delta }, 1)).toMatchObject([{ choice: 1 }])
})

describe('the texts of a choice', () => {
  const spelled = [{ token: 'bo', top_logprobs: [{ token: 'ba' }] }, { token: 'mb' }]

  test.each<[string, object, string[]]>([
    ['a whole message', { message: { content: 'a', refusal: null } }, ['content content a']],
    ['a legacy text', { text: 'a' }, ['content content a']],
    [
      'a message beside a delta repeats it',
      { delta: { content: 'a' }, message: { content: 'all of a' } },
      ['content content a', 'content message.content all of a again'],
    ],
    [
      'tokens beside their text repeat it',
      { delta: { content: 'bomb' }, logprobs: { content: spelled } },
      ['content content bomb'],
    ],
    [
      'tokens alone are judged',
      { delta: { content: '' }, logprobs: { content: spelled, refusal: null } },
      ['other logprobs bomb'],
    ],
    ['a delta that is a text', { delta: 'a' }, ['other delta a']],
  ])('are found: %s', (_, choice, lines) => {
    expect(linesOf({ index: 0, ...choice })).toEqual(lines)
  })

  test('a choice that is no object has no texts', () => {
    expect(textsOfChoice('a', 0)).toMatchObject([{ kind: 'other', text: 'a' }])
    expect(textsOfChoice(null, 0)).toEqual([])
  })
})

test('all texts of an event that is no chunk are judged and not counted', () => {
  const texts = (value: unknown) => textsOfOther(value).map(({ kind, text }) => `${kind} ${text}`)
  expect(texts({ message: 'm', failed: { generation: ['x'] }, code: 3 })).toEqual(['other m', 'other x'])
  expect(texts('words')).toEqual(['other words'])
  expect(texts(null)).toEqual([])
})
