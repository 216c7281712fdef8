import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readTurns } from '../../../../client/widget/talk/read-turns.ts'
import { anyTurn, done } from './samples.ts'

const reread = (json: string) => readTurns(JSON.parse(json))

test('what was written comes back', () => {
  fc.assert(
    fc.property(fc.array(anyTurn), (turns) => {
      expect(reread(JSON.stringify(turns))).toEqual(turns)
    }),
  )
})

test('whatever else stands there does not fail, and what is read of it can be written and read again', () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      const turns = reread(json)
      expect(reread(JSON.stringify(turns))).toEqual(turns)
    }),
  )
})

test('one wrong value anywhere in a turn leaves a turn that is right, or none', () => {
  // JSON writes -0 as 0.
  const value = fc.jsonValue({ maxDepth: 1 }).map((value) => JSON.parse(JSON.stringify(value)))
  const wrong = fc.oneof(value, fc.constant(Number.POSITIVE_INFINITY))
  const spoilt = fc.tuple(anyTurn, wrong, fc.nat()).map(([turn, value, index]) => spoil(turn, value, index))
  fc.assert(
    fc.property(spoilt, (turn) => {
      const turns = readTurns([turn])
      expect(reread(JSON.stringify(turns))).toEqual(turns)
      for (const { question, answer, end, pending } of turns) {
        expect([typeof question, typeof answer]).toEqual(['string', 'string'])
        expect(end ?? pending).toBeDefined()
      }
    }),
    { numRuns: 500 },
  )
})

/** A copy with `value` in place of one of its fields, or of their fields. */
function spoil(turn: object, value: unknown, index: number): object {
  const copy = structuredClone(turn) as Record<string, unknown>
  const objects = [
    copy,
    ...Object.values(copy).filter((field) => typeof field === 'object'),
  ] as (typeof copy)[]
  const places = objects.flatMap((object) => Object.keys(object).map((name) => ({ object, name })))
  const place = places[index % places.length]
  if (place) place.object[place.name] = value
  return copy
}

test.each([
  '[null, 7, "x", [], {}]',
  '[{ "question": "a", "end": "done" }]',
  '[{ "question": 1, "answer": "b", "end": "done" }]',
  '[{ "question": "a", "answer": "b" }]',
  '[{ "question": "a", "answer": "b", "end": "over" }]',
  '[{ "question": "a", "answer": "b", "pending": { "id": "str_1" } }]',
  '{ "question": "a", "answer": "b", "end": "done" }',
])('%s is no turn', (json) => {
  expect(reread(json)).toEqual([])
})

test.each(['..', '', 'str_', 'str_../../v1/usage', 'str_1?after=2', `str_${'1'.repeat(65)}`, 7, ['str_1']])(
  'a request whose stream is %j is not named',
  (id) => {
    const pending = { key: 'k', askedAt: 7 }
    expect(readTurns([{ ...done('Why?'), pending: { ...pending, id } }])).toEqual([
      { ...done('Why?'), pending },
    ])
  },
)

test.each([
  { note: 'You stopped this answer.' },
  { rating: 1 },
  { speed: '0.9 s' },
  { speed: { tokens: 7, counted: 'guessed' } },
  { trouble: { title: 'Too long', advice: 'Ask for less.' } },
  { pending: 'str_1' },
  { pending: { id: 'str_1', key: 'k' } },
  { pending: { id: 'str_1', key: 7, askedAt: 7 } },
  { pending: { id: 'str_1', key: '', askedAt: 7 } },
  { pending: { id: 'str_1', key: 'k\r\nx: y', askedAt: 7 } },
  { pending: { id: 'str_1', key: 'k'.repeat(256), askedAt: 7 } },
  { unheard: 'of' },
])('a turn with %j is read without', (wrong) => {
  expect(readTurns([{ ...done('Why?'), ...wrong }])).toEqual([done('Why?')])
})

test.each<[object, object]>([
  [{ context: 'page' }, { context: 'page' }],
  [{ context: 7 }, {}],
  [{ context: 'x'.repeat(5_001) }, {}],
  [{ suggestions: ['Why?', 7, 'How?'] }, { suggestions: ['Why?', 'How?'] }],
  [{ suggestions: 'Why?' }, {}],
  [
    { pending: { key: 'k', askedAt: 7, suggests: true } },
    { pending: { key: 'k', askedAt: 7, suggests: true } },
  ],
  [{ pending: { key: 'k', askedAt: 7, suggests: 'yes' } }, { pending: { key: 'k', askedAt: 7 } }],
])('of %j a turn has %j', (stored, read) => {
  expect(readTurns([{ ...done('Why?'), ...stored }])).toEqual([{ ...done('Why?'), ...read }])
})
