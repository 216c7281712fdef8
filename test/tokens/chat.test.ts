import { describe, expect, test } from 'vitest'
import { DEFAULT_MODEL } from '../../worker/config/settings.ts'
import { countChat, encodingFor } from '../../worker/tokens/chat.ts'

/** Counts words, so that the formula's own numbers show. */
const words = { count: (text: string) => text.split(' ').filter(Boolean).length }
const chat = (message: object, model = 'gpt-4o') => countChat([{ role: 'user', ...message }], model, words)

describe('encodingFor', () => {
  test.each([
    ['gpt-4', 'cl100k_base'],
    ['gpt-4-0613', 'cl100k_base'],
    ['gpt-4-turbo-2024-04-09', 'cl100k_base'],
    ['gpt-3.5-turbo-0125', 'cl100k_base'],
    ['gpt-35-turbo', 'cl100k_base'],
    ['ft:gpt-3.5-turbo-0125:us::abc', 'cl100k_base'],
    ['openai/gpt-4', 'cl100k_base'],
    ['text-embedding-3-small', 'cl100k_base'],
    ['gpt-4o', 'o200k_base'],
    ['gpt-4o-mini-2024-07-18', 'o200k_base'],
    ['gpt-4.1-nano', 'o200k_base'],
    ['gpt-4.5-preview', 'o200k_base'],
    ['chatgpt-4o-latest', 'o200k_base'],
    [DEFAULT_MODEL, 'o200k_base'],
    ['gpt-5.6', 'o200k_base'],
    ['gpt-6.1-sol', 'o200k_base'],
    ['o3-mini', 'o200k_base'],
    ['some-model-of-tomorrow', 'o200k_base'],
    ['', 'o200k_base'],
  ])('%s has %s', (model, encoding) => {
    expect(encodingFor(model)).toBe(encoding)
  })
})

describe('countChat', () => {
  test('counts 3 a message with its role and content, and 3 for the answer', () => {
    expect(countChat([], 'gpt-4o', words)).toBe(3)
    expect(chat({ content: 'three words here' })).toBe(3 + 1 + 3 + 3)
    const messages = [
      { role: 'system', content: 'be brief' },
      { role: 'user', content: 'why' },
    ]
    expect(countChat(messages, 'gpt-4o', words)).toBe(3 + 1 + 2 + (3 + 1 + 1) + 3)
  })

  test('counts a name and one more', () => {
    expect(chat({ content: 'hi', name: 'Ada' })).toBe(chat({ content: 'hi' }) + 2)
  })

  test('counts the texts of parts', () => {
    const content = [
      { type: 'text', text: 'look at this' },
      { type: 'image_url', image_url: { url: 'https://example.com/a b c.png' } },
      { type: 'text', text: 'please' },
      { type: 'refusal', refusal: 'no no' },
    ]
    expect(chat({ content })).toBe(chat({ content: 'look at this please no no' }))
  })

  test('counts a called tool’s name, its arguments and 7', () => {
    const call = {
      id: 'call_1',
      type: 'function',
      function: { name: 'weather', arguments: '{"city": "Bern"}' },
    }
    expect(chat({ content: null, tool_calls: [call, call] })).toBe(chat({}) + 2 * (1 + 2 + 7))
  })

  test.each([
    ['gpt-5', -1],
    ['gpt-5-nano-2025-08-07', -1],
    ['o3-mini', -1],
    [DEFAULT_MODEL, 0],
    ['o3', 0],
    ['gpt-4', 0],
  ])('%s is corrected by %i', (model, tokens) => {
    expect(chat({ content: 'hi' }, model)).toBe(chat({ content: 'hi' }) + tokens)
  })

  test.each([null, undefined, 7, {}, [null, 'text', 7, { type: 'text' }, { text: 7 }]])(
    'content %j, which no model takes, counts nothing',
    (content) => {
      expect(chat({ content })).toBe(chat({}))
      expect(chat({ tool_calls: content })).toBeLessThan(chat({}) + 20)
    },
  )
})
