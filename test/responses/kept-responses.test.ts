/** A caller's responses as they are stored. */
import { describe, expect, test } from 'vitest'
import { MAX_KEPT_RESPONSE_CHARS } from '../../worker/limits.ts'
import { createKeptResponses, hasResponses } from '../../worker/responses/kept-responses.ts'
import { openDatabase } from '../support/sqlite.ts'

const KEPT = {
  response: { id: 'resp_here', status: 'completed' },
  input: [{ role: 'user', content: 'Why?' }],
  output: [{ type: 'message', role: 'assistant', content: 'Blue.' }],
}

function open(now = 1000) {
  const clock = { now }
  const sql = openDatabase()
  return { clock, sql, kept: createKeptResponses(sql, () => clock.now) }
}

test('one at the upstream is known, and one that is here can be read, until it expires', () => {
  const { clock, kept } = open()
  kept.own('resp_there', 2000, 'azure')
  kept.own('resp_alone', 2000, undefined)
  kept.keep('resp_here', KEPT, 3000)
  const seen = () => ['resp_there', 'resp_alone', 'resp_here', 'resp_never'].map(kept.placeOf)
  expect(seen()).toEqual([{ upstream: 'azure' }, { upstream: undefined }, 'here', undefined])
  expect([kept.read('resp_here'), kept.read('resp_there')]).toEqual([KEPT, undefined])
  expect(kept.dueAt()).toBe(2000)
  clock.now = 2000
  expect(seen()).toEqual([undefined, undefined, 'here', undefined])
  void kept.runDueWork()
  expect(kept.dueAt()).toBe(3000)
  clock.now = 3000
  expect([...seen(), kept.read('resp_here')]).toEqual(Array(5).fill(undefined))
  void kept.runDueWork()
  expect(kept.dueAt()).toBeUndefined()
})

test('one that is forgotten is as one that never was', () => {
  const { kept } = open()
  kept.keep('resp_here', KEPT, 3000)
  kept.forget('resp_here')
  kept.forget('resp_never')
  expect([kept.placeOf('resp_here'), kept.read('resp_here'), kept.dueAt()]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
})

test('they outlive a restart of the object', () => {
  const { sql, kept } = open()
  kept.keep('resp_here', KEPT, 3000)
  expect(hasResponses(sql)).toBe(true)
  expect(createKeptResponses(sql, () => 1000).read('resp_here')).toEqual(KEPT)
})

describe('a conversation that is longer than a row', () => {
  test.each([
    [MAX_KEPT_RESPONSE_CHARS - 500, 'here'],
    [MAX_KEPT_RESPONSE_CHARS, undefined],
  ])('of %i characters is kept: %s', (chars, place) => {
    const { kept } = open()
    kept.keep('resp_long', { ...KEPT, input: ['x'.repeat(chars)] }, 3000)
    expect(kept.placeOf('resp_long')).toBe(place)
  })
})
