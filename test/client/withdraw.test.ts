import { expect, test } from 'vitest'
import { retracts, withdraw } from '../../client/stream/withdraw.ts'
import type { ChatChunk } from '../../worker/formats/chat-completions/wire.ts'
import { chunk } from './bodies.ts'

const last = (retract?: unknown): ChatChunk => ({
  ...chunk(''),
  choices: [],
  millrace: {
    state: 'moderated',
    ...(retract !== undefined && { retract: retract as Record<string, number> }),
  },
})

test.each([
  ['Hello, world', { 0: 5 }, 'Hello, '],
  ['Hello', { 0: 0 }, 'Hello'],
  ['Hello', { 0: 5 }, ''],
  ['Hello', { 0: 99 }, ''],
  // In UTF-16 code units, whatever they belong to.
  ['a🎉', { 0: 2 }, 'a'],
  ['Hello', { 1: 3 }, 'Hello'],
  ['Hello', undefined, 'Hello'],
  ['Hello', {}, 'Hello'],
  ['Hello', { 0: 'all' }, 'Hello'],
  ['Hello', { 0: -1 }, 'Hello'],
  ['Hello', { 0: Number.NaN }, 'Hello'],
])('the content %j without %j is %j', (content, retract, left) => {
  expect(withdraw(content, last(retract))).toBe(left)
})

test('each choice has its own withdrawal', () => {
  const both = last({ 0: 1, 2: 2 })
  expect([0, 1, 2].map((choice) => withdraw('abc', both, choice))).toEqual(['ab', 'abc', 'a'])
  expect([0, 1, 2].map((choice) => retracts(both, choice))).toEqual([true, false, true])
  expect(retracts(chunk('a'))).toBe(false)
})
