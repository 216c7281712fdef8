import { expect, test } from 'vitest'
import { interpret, readEnvelope } from '../../client/stream/interpret.ts'
import { chunk } from './bodies.ts'

const ERROR = { message: 'No.', type: 'server_error', param: null, code: 'upstream_error' }

test('a chunk is given as it came, with the fields that nobody knows', () => {
  const value = { ...chunk('hi'), obfuscation: 'xyz' }
  expect(interpret({ data: JSON.stringify(value) })).toEqual({ kind: 'chunk', chunk: value })
})

test('a chunk may have no choices', () => {
  const value = { ...chunk(''), choices: [], usage: null }
  expect(interpret({ data: JSON.stringify(value) })).toEqual({ kind: 'chunk', chunk: value })
})

test('[DONE] is the end', () => {
  expect(interpret({ data: '[DONE]' })).toEqual({ kind: 'done' })
})

test('an error as an event', () => {
  expect(interpret({ data: JSON.stringify({ error: ERROR }) })).toEqual({ kind: 'error', error: ERROR })
})

test.each([
  ['in the envelope', JSON.stringify({ error: ERROR })],
  ['without it', JSON.stringify(ERROR)],
])('an error as a named event, %s', (_name, data) => {
  expect(interpret({ event: 'error', data })).toEqual({ kind: 'error', error: ERROR })
})

test('an error as a named event that is not JSON', () => {
  const meaning = interpret({ event: 'error', data: 'overloaded' })
  expect(meaning).toMatchObject({ kind: 'error', error: { message: 'overloaded', code: null } })
})

test('an error inside an ordinary chunk leaves the delta', () => {
  const value = { ...chunk('half'), error: ERROR }
  expect(interpret({ data: JSON.stringify(value) })).toEqual({ kind: 'error', error: ERROR, chunk: value })
})

test('`error: null` is none', () => {
  expect(interpret({ data: JSON.stringify({ ...chunk('a'), error: null }) }).kind).toBe('chunk')
})

test.each([
  [
    'a number as the code',
    { message: 'No.', code: 429 },
    { message: 'No.', code: '429', type: 'server_error' },
  ],
  ['text alone', 'No.', { message: 'No.', code: null, type: 'server_error' }],
  ['nothing in it', {}, { message: 'The server failed without saying why.', code: null }],
])('an error with %s', (_name, error, expected) => {
  expect(interpret({ data: JSON.stringify({ error }) })).toMatchObject({ kind: 'error', error: expected })
})

test.each([
  ['ping', ''],
  ['ping', '{"type":"ping"}'],
  [undefined, '{}'],
  [undefined, '7'],
  [undefined, 'null'],
  [undefined, '[]'],
])('event %j with %j means nothing', (event, data) => {
  expect(interpret({ event, data })).toEqual({ kind: 'other' })
})

test.each(['', 'hello', '{"id":'])('an ordinary event with %j is invalid', (data) => {
  expect(interpret({ data })).toEqual({ kind: 'invalid', data })
})

test('an envelope is read, and nothing else is', () => {
  expect(readEnvelope(JSON.stringify({ error: ERROR }))).toEqual(ERROR)
  for (const body of ['', '<html>', 'null', '[]', '{}', '{"error":null}'])
    expect(readEnvelope(body)).toBeUndefined()
})
