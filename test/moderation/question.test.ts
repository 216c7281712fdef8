import { expect, test } from 'vitest'
import type { Verdict } from '../../worker/moderation/judge.ts'
import { judgeQuestion, questionText } from '../../worker/moderation/question.ts'
import type { ChatMessage } from '../../worker/protocol/wire.ts'

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
])('wherever a message says it: %j', (message) => {
  expect(questionText([message as ChatMessage]).split('\n\n')).toContain('marked')
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

test.each<[Verdict, 'closed' | 'open', string | undefined]>([
  [{ kind: 'passed' }, 'closed', undefined],
  [{ kind: 'flagged', categories: [] }, 'open', 'content_filter'],
  [{ kind: 'unavailable', why: 'timeout' }, 'closed', 'moderation_unavailable'],
  [{ kind: 'unavailable', why: 'timeout' }, 'open', undefined],
])('the verdict %o, %s', async (verdict, unreachable, code) => {
  const { signal } = new AbortController()
  const judge = async () => verdict
  const refusal = await judgeQuestion([{ role: 'user', content: 'Why?' }], { judge, unreachable, signal })
  expect(refusal?.code).toBe(code)
})

test('a verdict that nobody waits for refuses nothing', async () => {
  const judge = async (): Promise<Verdict> => ({ kind: 'unavailable', why: 'nobody waits for it' })
  expect(
    await judgeQuestion([], { judge, unreachable: 'closed', signal: AbortSignal.abort() }),
  ).toBeUndefined()
})
