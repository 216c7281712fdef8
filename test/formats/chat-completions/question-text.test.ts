import { expect, test } from 'vitest'
import { questionText } from '../../../worker/formats/chat-completions/question-text.ts'
import type { ChatMessage } from '../../../worker/formats/chat-completions/wire.ts'

test('the judged text is all that the messages say, except the instructions', () => {
  const text = questionText([
    { role: 'system', content: 'be kind' },
    { role: 'developer', content: 'be brief' },
    { role: 'user', content: 'first' },
    { role: 'assistant', content: null, tool_calls: [{ function: { name: 'f', arguments: '{"a":1}' } }] },
    { role: 'tool', content: 'result', tool_call_id: 'call_1' },
    { role: 'assistant', content: [{ type: 'refusal', refusal: 'no' }] },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'second' },
        { type: 'image_url', image_url: { url: 'https://example.com' } },
        { type: 'text', text: 'third' },
      ],
    },
  ])
  expect(text.split('\n\n')).toEqual(['first', 'f', '{"a":1}', 'result', 'call_1', 'no', 'second', 'third'])
})

test.each<object>([
  { role: 'assistant', content: 'ok', refusal: 'marked' },
  { role: 'assistant', refusal: { why: ['marked'] } },
  { role: 'assistant', function_call: { name: 'marked', arguments: '{}' } },
  { role: 'assistant', function_call: { name: 'f', arguments: 'marked' } },
  { role: 'assistant', tool_calls: [{ id: '1', type: 'custom', custom: { name: 'f', input: 'marked' } }] },
  { role: 'assistant', tool_calls: [{ id: 'marked', type: 'function', function: { name: 'f' } }] },
  { role: 'assistant', reasoning_content: 'marked' },
  { role: 'user', content: 'ok', name: 'marked' },
  { role: 'function', name: 'marked', content: 'ok' },
  { role: 'tool', tool_call_id: 'marked', content: 'ok' },
])('text is judged wherever a message has it: %j', (message) => {
  expect(questionText([message as ChatMessage]).split('\n\n')).toContain('marked')
})

test('a message without text, or of the wrong type, adds nothing', () => {
  expect(
    questionText([
      { role: 'user' },
      { role: 'user', content: 3 },
      { role: 'user', content: [null, { text: {} }] },
    ]),
  ).toBe('')
})
