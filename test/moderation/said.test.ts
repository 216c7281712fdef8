import { describe, expect, test } from 'vitest'
import { masked, readSaid } from '../../worker/moderation/said.ts'
import { chunk } from '../support/sse.ts'

const said = (value: unknown, event?: string) =>
  readSaid({ data: typeof value === 'string' ? value : JSON.stringify(value), event }).said.map(
    ({ text }) => text,
  )
const ofDelta = (delta: object) => said(chunk({ ...delta }))

describe('all that somebody could read is said, whatever field it stands in', () => {
  test.each<[string, object, string[]]>([
    ['content', { content: 'a' }, ['a']],
    ['nothing', { role: 'assistant', content: '', refusal: null }, []],
    ['a refusal', { content: null, refusal: 'no' }, ['no']],
    ['reasoning, by either name', { reasoning_content: 'hm', reasoning: 'ha' }, ['hm', 'ha']],
    [
      'tool calls: names and arguments, no ids',
      {
        tool_calls: [
          { index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a"' } },
        ],
      },
      ['f', '{"a"'],
    ],
    [
      'a custom tool’s input',
      { tool_calls: [{ index: 0, type: 'custom', custom: { name: 'f', input: 'x' } }] },
      ['f', 'x'],
    ],
    ['the deprecated call', { function_call: { name: 'f', arguments: 'x' } }, ['f', 'x']],
    ['a sound’s transcript, not its bytes', { audio: { id: 'i', transcript: 'hi', data: 'AAAA' } }, ['hi']],
    [
      'content in parts',
      { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }] },
      ['hm'],
    ],
    [
      'details of reasoning',
      { reasoning_details: [{ type: 'reasoning.text', text: 'hm', format: 'f' }] },
      ['hm'],
    ],
    ['a field nobody has heard of', { poem: { lines: ['a', 'b'] } }, ['a', 'b']],
  ])('%s', (_, delta, texts) => {
    expect(ofDelta(delta)).toEqual(texts)
  })

  test('tokens beside their text are not said twice; alone they are', () => {
    const logprobs = {
      content: [{ token: 'bo', top_logprobs: [{ token: 'ba' }] }, { token: 'mb' }],
      refusal: null,
    }
    expect(said(chunk({}, { choices: [{ index: 0, delta: { content: 'bomb' }, logprobs }] }))).toEqual([
      'bomb',
    ])
    expect(said(chunk({}, { choices: [{ index: 0, delta: { content: '' }, logprobs }] }))).toEqual(['bomb'])
  })

  test('errors, in each of their forms; some upstreams put the answer into them', () => {
    const error = { message: 'm', failed_generation: 'x' }
    expect(said({ error })).toEqual(['m', 'x'])
    expect(said(error, 'error')).toEqual(['m', 'x'])
    expect(said({ ...chunk({ content: 'a' }), error })).toEqual(['m', 'x', 'a'])
    expect(readSaid({ data: JSON.stringify({ error }) }).ends).toBe(true)
  })

  test('what is no JSON, or no answer', () => {
    expect(said('plain words')).toEqual(['plain words'])
    expect(said('"words"')).toEqual(['"words"'])
    expect(said({ answer: 'words' })).toEqual(['words'])
    expect(said(`{"choices":${'['.repeat(200_000)}"x"${']'.repeat(200_000)}}`)).toHaveLength(1)
  })
})

test('texts that go on are told apart by choice and field, tool calls by their own index', () => {
  const read = (value: object) =>
    readSaid({ data: JSON.stringify(value) }).said.map(({ choice, key }) => `${choice} ${key}`)
  const call = (index: number) => ({ tool_calls: [{ index, function: { arguments: 'a' } }] })
  expect(read(chunk(call(3)))).toEqual(['0 delta.tool_calls.3.function.arguments'])
  expect(
    read(chunk({}, { choices: [{ index: 2, delta: { content: 'a' } }, { delta: { content: 'b' } }] })),
  ).toEqual(['2 delta.content', '1 delta.content'])
})

test('which choices are whole, and where the answer ends', () => {
  const read = (data: string) => readSaid({ data })
  expect(read('[DONE]')).toMatchObject({ ends: true, said: [] })
  expect(
    read(JSON.stringify(chunk({}, { choices: [{ index: 1, delta: {}, finish_reason: 'length' }] }))),
  ).toMatchObject({ finished: [1], ends: false })
  expect(readSaid(undefined)).toMatchObject({ finished: [], ends: false, said: [] })
})

describe('masked', () => {
  test('no text stays, and each has its length', () => {
    const delta = {
      content: 'a 🎉',
      reasoning: 'hm',
      tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }],
    }
    const logprobs = { content: [{ token: 'a 🎉' }] }
    const value = chunk(
      {},
      { choices: [{ index: 0, delta, logprobs, finish_reason: null }], obfuscation: 'x' },
    )
    expect(JSON.parse(masked(JSON.stringify(value)))).toEqual({
      ...value,
      choices: [
        {
          index: 0,
          delta: {
            content: '████',
            reasoning: '██',
            tool_calls: [
              { index: 0, id: 'call_1', type: 'function', function: { name: '█', arguments: '██' } },
            ],
          },
          logprobs: null,
          finish_reason: null,
        },
      ],
    })
  })

  test('what says nothing stays as it is', () => {
    const usage = JSON.stringify(chunk({}, { choices: [], usage: { total_tokens: 3 } }))
    expect(masked(usage)).toBe(usage)
    expect(masked('[DONE]')).toBe('[DONE]')
  })

  test('errors and garbage', () => {
    expect(masked('words')).toBe('█████')
    expect(masked('{"answer":"words"}')).toBe('{"answer":"█████"}')
    expect(masked('{"choices":[],"error":{"message":"m"}}')).toBe('{"choices":[],"error":{"message":"█"}}')
  })
})
