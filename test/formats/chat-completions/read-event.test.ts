import { expect, test } from 'vitest'
import { readEvent } from '../../../worker/formats/chat-completions/read-event.ts'

const failure = { message: 'm', type: 't', param: null, code: 'c' }

test.each([
  ['a frame of its own', { data: '{"error":{"message":"m","type":"t","code":"c"}}' }],
  [
    'a named event with an envelope',
    { event: 'error', data: '{"error":{"message":"m","type":"t","code":"c"}}' },
  ],
  ['a named event without one', { event: 'error', data: '{"message":"m","type":"t","code":"c"}' }],
  [
    'an ordinary chunk',
    {
      data: '{"id":"x","choices":[{"index":0,"delta":{"content":"a"}}],"error":{"message":"m","type":"t","code":"c"}}',
    },
  ],
])('an error in %s is one', (_, event) => {
  expect(readEvent(event)).toEqual({ kind: 'error', error: failure })
})

test('an error may be bare text, or a number of a code', () => {
  expect(readEvent({ event: 'error', data: 'overloaded' })).toMatchObject({
    error: { message: 'overloaded' },
  })
  expect(readEvent({ data: '{"error":"overloaded"}' })).toMatchObject({ error: { message: 'overloaded' } })
  expect(readEvent({ data: '{"error":{"message":"m","code":502}}' })).toMatchObject({
    error: { code: '502' },
  })
})

test.each([
  '{"choices":[],"usage":{"total_tokens":1}}',
  '{"choices":[],"error":null}',
  '{"choices":[{"index":0,"delta":{}}]}',
])('%s is a chunk', (data) => {
  expect(readEvent({ data })).toEqual({ kind: 'chunk', chunk: JSON.parse(data) })
})

test('[DONE] is the end', () => expect(readEvent({ data: '[DONE]' })).toEqual({ kind: 'done' }))

test.each(['', 'text', '[]', 'null', '3', '{"id":', '{}'])('%j is garbage', (data) => {
  expect(readEvent({ data })).toEqual({ kind: 'garbage' })
})
