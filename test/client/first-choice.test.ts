import { expect, test } from 'vitest'
import { firstChoice } from '../../client/stream/first-choice.ts'
import type { ChatChunk } from '../../worker/formats/chat-completions/wire.ts'

const read = (...choices: object[]) => firstChoice({ choices } as unknown as ChatChunk)

test.each<[string, object[], string]>([
  ['with its index', [{ index: 0, delta: { content: 'a' } }], 'a'],
  ['without an index', [{ delta: { content: 'a' } }], 'a'],
  [
    'among others',
    [
      { index: 1, delta: { content: 'b' } },
      { index: 0, delta: { content: 'a' } },
    ],
    'a',
  ],
  [
    'with content in parts',
    [
      {
        index: 0,
        delta: {
          content: [{ type: 'text', text: 'a' }, { type: 'image' }, null, { type: 'text', text: 'b' }],
        },
      },
    ],
    'ab',
  ],
  ['without a delta', [{ index: 0, finish_reason: 'stop' }], ''],
  ['of no choices', [], ''],
])('the first choice %s has its content', (_, choices, content) => {
  expect(read(...choices).content).toBe(content)
})

test('the first choice has its refusal and its finish reason', () => {
  const choice = { index: 0, delta: { content: null, refusal: 'No.' }, finish_reason: 'stop' }
  expect(read(choice)).toEqual({ content: '', refusal: 'No.', finishReason: 'stop' })
})
