import { expect, test } from 'vitest'
import { toMessages } from '../../client/page/conversation.ts'

const first = { question: 'Why?', answer: 'Because.' }
const unanswered = { question: 'And?', answer: '' }
const asked = { question: 'How?', answer: '' }

test('the first question is sent alone', () => {
  expect(toMessages([asked], asked)).toEqual([{ role: 'user', content: 'How?' }])
})

test('what was said before is sent along, without the question that got no answer', () => {
  expect(toMessages([first, unanswered, asked], asked)).toEqual([
    { role: 'user', content: 'Why?' },
    { role: 'assistant', content: 'Because.' },
    { role: 'user', content: 'How?' },
  ])
})

test('a question that is asked again is sent without its own broken answer', () => {
  const broken = { question: 'How?', answer: 'By' }
  expect(toMessages([first, broken], broken).at(-1)).toEqual({ role: 'user', content: 'How?' })
  expect(toMessages([first, broken], broken)).toHaveLength(3)
})
