import { expect, test } from 'vitest'
import { readEvent } from '../../../worker/formats/chat-completions/read-event.ts'

const ERROR = { message: 'm', type: 't', param: null, code: 'c' }
const CHUNK = { id: 'x', choices: [{ index: 0, delta: { content: 'a' } }] }
const json = JSON.stringify

test.each([
  ['an event of its own', { data: json({ error: ERROR }) }],
  ['a named event with an envelope', { event: 'error', data: json({ error: ERROR }) }],
  ['a named event without one', { event: 'error', data: json(ERROR) }],
  ['a value that calls itself one', { data: json({ object: 'error', ...ERROR }) }],
])('an error is read in %s', (_, event) => {
  expect(readEvent(event)).toEqual({ kind: 'error', error: ERROR })
})

test('an error in an ordinary chunk leaves the chunk to be read', () => {
  const chunk = { ...CHUNK, error: ERROR }
  expect(readEvent({ data: json(chunk) })).toEqual({ kind: 'error', error: ERROR, chunk })
})

test.each([
  ['bare text', { event: 'error', data: 'overloaded' }, { message: 'overloaded' }],
  ['a text as the error', { data: '{"error":"overloaded"}' }, { message: 'overloaded' }],
  ['a number as the code', { data: '{"error":{"message":"m","code":502}}' }, { code: '502' }],
  ['no message', { data: '{"error":{}}' }, { message: 'Unsaid.' }],
])('an error with %s has its four fields', (_, event, error) => {
  expect(readEvent(event, 'Unsaid.')).toMatchObject({ kind: 'error', error })
})

test.each([
  '{"choices":[],"usage":{"total_tokens":1}}',
  '{"choices":[],"error":null}',
  '{"choices":[],"error":""}',
  json(CHUNK),
])('a chunk is read: %s', (data) => {
  expect(readEvent({ data })).toEqual({ kind: 'chunk', chunk: JSON.parse(data) })
})

test.each(['[DONE]', '[DONE] ', ' [DONE]', '\t[DONE]\t'])('the end is read: %j', (data) => {
  expect(readEvent({ data })).toEqual({ kind: 'done' })
})

test.each(['{"type":"ping"}', '{}', 'null', '3', '[]', '"text"', '{"choices":null,"usage":{}}'])(
  'no part of an answer, and ignored: %s',
  (data) => {
    expect(readEvent({ data })).toEqual({ kind: 'ignored', value: JSON.parse(data) })
  },
)

test('a named event that is not JSON is ignored too', () => {
  expect(readEvent({ event: 'ping', data: 'x' }).kind).toBe('ignored')
  expect(readEvent({ event: 'message', data: 'x' }).kind).toBe('invalid')
})

test.each(['', 'text', '{"id":', '<html>', '[DONE]x'])('data that is not JSON is invalid: %j', (data) => {
  expect(readEvent({ data })).toEqual({ kind: 'invalid', data })
})
