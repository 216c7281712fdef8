import { expect, test } from 'vitest'
import { questionText } from '../../worker/moderation/question.ts'

test('all that the messages say, but the instructions', () => {
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
  expect(text.split('\n\n')).toEqual(['first', '{"a":1}', 'result', 'no', 'second', 'third'])
})

test('what has no text, or the wrong type', () => {
  expect(
    questionText([
      { role: 'user' },
      { role: 'user', content: 3 },
      { role: 'user', content: [null, { text: {} }] },
    ]),
  ).toBe('')
})
