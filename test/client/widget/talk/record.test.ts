import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  MAX_RECORD_CHARS,
  readHeading,
  readRecord,
  writeRecord,
} from '../../../../client/widget/talk/record.ts'
import { anyTurn, done, running } from './samples.ts'

const reread = (turns: (typeof running)[]) =>
  readRecord('a', writeRecord({ id: 'a', turns, updatedAt: 7 }) ?? '')?.turns

test('what was written comes back, and its heading says what it is', () => {
  fc.assert(
    fc.property(fc.array(anyTurn, { minLength: 1 }), (turns) => {
      const record = writeRecord({ id: 'a', turns, updatedAt: 7 }) ?? ''
      expect(readRecord('a', record)).toEqual({ id: 'a', turns, updatedAt: 7 })
      expect(readHeading(record)?.updatedAt).toBe(7)
    }),
  )
  expect(readHeading(writeRecord({ id: 'a', turns: [done('Why?\nHow?')], updatedAt: 7 }) ?? '')).toEqual({
    title: 'Why? How?',
    updatedAt: 7,
  })
})

test('what moderation may still take back of an answer is not written', () => {
  expect(reread([{ ...running, answer: 'By βόμβα', unjudged: 6 }])).toEqual([running])
})

test('an empty conversation is not written', () => {
  expect(writeRecord({ id: 'a', turns: [], updatedAt: 7 })).toBeUndefined()
})

test('of a long conversation the last turns are kept, under the title it had', () => {
  const long = 'x'.repeat(MAX_RECORD_CHARS / 4)
  const turns = ['a', 'b', 'c', 'd', 'e'].map((question) => done(question, long))
  const record = writeRecord({ id: 'a', turns, updatedAt: 7 }) ?? ''
  expect(readRecord('a', record)?.turns.map(({ question }) => question)).toEqual(['c', 'd', 'e'])
  expect(readHeading(record)?.title).toBe('a')
  // Also once it is read and written again.
  const again = writeRecord(readRecord('a', record) ?? { id: 'a', turns: [], updatedAt: 0 })
  expect(readHeading(again ?? '')?.title).toBe('a')
})

test('a title that was given comes back, and one of the first question is that of any later first question', () => {
  const turns = [done('Why?')]
  const record = writeRecord({ id: 'a', title: 'Mills', turns, updatedAt: 7 }) ?? ''
  expect(readHeading(record)?.title).toBe('Mills')
  expect(readRecord('a', record)).toEqual({ id: 'a', title: 'Mills', turns, updatedAt: 7 })
  expect(readRecord('a', writeRecord({ id: 'a', turns, updatedAt: 7 }) ?? '')).not.toHaveProperty('title')
})

test('of an answer without measure its question is kept', () => {
  const huge = { ...running, answer: 'x'.repeat(MAX_RECORD_CHARS) }
  expect(reread([done('Why?'), huge])).toEqual([done('Why?'), { ...huge, answer: '' }])
})

test('a question without measure leaves nothing', () => {
  expect(reread([done('Why?'), done('x'.repeat(MAX_RECORD_CHARS))])).toBeUndefined()
})

test('the bound holds also for what takes six characters to write', () => {
  const turns = Array.from({ length: 9 }, () => done('Why?', '\u0001'.repeat(MAX_RECORD_CHARS / 30)))
  const record = writeRecord({ id: 'a', turns, updatedAt: 7 }) ?? ''
  expect(record.length - record.indexOf('\n') - 1).toBeLessThanOrEqual(MAX_RECORD_CHARS)
  expect(reread(turns)).toHaveLength(4)
})

test('whatever else stands there reads as nothing, and does not fail', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.json().map((json) => `${json}\n[]`),
      ),
      (text) => {
        expect(readRecord('a', text)).toBeUndefined()
      },
    ),
  )
})

test.each([
  ['another version', '{"version":2,"title":"Why?","updatedAt":7}'],
  ['no version', '{"title":"Why?","updatedAt":7}'],
  ['no title', '{"version":1,"updatedAt":7}'],
  ['a time that is none', '{"version":1,"title":"Why?","updatedAt":1e999}'],
])('a record of %s is none', (_, heading) => {
  const record = `${heading}\n${JSON.stringify([done('Why?')])}`
  expect([readHeading(record), readRecord('a', record)]).toEqual([undefined, undefined])
})
