import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cutAtClauses, MAX_ANNOUNCEMENT_CHARS } from '../../../../client/widget/announce/clauses.ts'
import { completeSentences } from '../../../../client/widget/announce/sentences.ts'

const segmenterOf = (lang: string) => new Intl.Segmenter(lang, { granularity: 'sentence' })

function complete(text: string, ended = false, lang = 'en') {
  return completeSentences(text, ended, segmenterOf(lang)).sentences
}

test.each([
  ['Water runs', []],
  ['Water runs.', []],
  ['Water runs. ', []],
  // What may still turn out to be in the middle of a sentence.
  ['It costs 3.', []],
  ['Wheels, gears, etc. (', []],
  ['Wheels, gears, etc. (as', []],
  ['Wheels, gears, etc. 5 ', []],
  ['Water runs. T', ['Water runs.']],
  ['Water runs. The wheel turns! Who', ['Water runs.', 'The wheel turns!']],
  // Marks alone are no sentence.
  ['Water runs. ** — T', ['Water runs.']],
])('of %j, the complete sentences are %j', (text, sentences) => {
  expect(complete(text)).toEqual(sentences)
})

test.each([
  ['ja', '水が流れる。水車が回る。粉が', ['水が流れる。', '水車が回る。']],
  ['ar', 'يجري الماء. هل تدور العجلة؟ نع', ['يجري الماء.', 'هل تدور العجلة؟']],
])('in %s, sentences end as they do there', (lang, text, sentences) => {
  expect(complete(text, false, lang)).toEqual(sentences)
})

test('at its end, the last sentence is complete', () => {
  expect(complete('Water runs. The wheel', true)).toEqual(['Water runs.', 'The wheel'])
})

test('a sentence that does not end is spoken in parts', () => {
  const { sentences, length } = completeSentences(
    'the wheel turns, and '.repeat(100),
    false,
    segmenterOf('en'),
  )
  expect(sentences.length).toBeGreaterThan(5)
  expect(sentences.every((part) => part.length <= MAX_ANNOUNCEMENT_CHARS && part.endsWith(','))).toBe(true)
  expect(length).toBeGreaterThan(2100 - 2 * MAX_ANNOUNCEMENT_CHARS)
})

test('sentences are the same wherever the text is cut', () => {
  const sentence = fc.constantFrom(
    'Water runs. ',
    'It costs 3.50 etc. (about). ',
    'Why? ',
    '“Turn!” he said. ',
  )
  fc.assert(
    fc.property(fc.array(sentence), fc.array(fc.integer({ min: 1, max: 30 })), (parts, cuts) => {
      const text = parts.join('')
      const said: string[] = []
      let begin = 0
      let end = 0
      for (const cut of cuts) {
        end = Math.min(text.length, end + cut)
        const { sentences, length } = completeSentences(text.slice(begin, end), false, segmenterOf('en'))
        said.push(...sentences)
        begin += length
      }
      said.push(...complete(text.slice(begin), true))
      expect(said).toEqual(complete(text, true))
    }),
  )
})

test.each([
  [
    'at the last clause',
    'one two three four, five six seven',
    25,
    ['one two three four,', ' five six seven'],
  ],
  [
    'not at a clause that is too early',
    'one, two three four five six',
    20,
    ['one, two three four ', 'five six'],
  ],
  ['not within a number', 'about it costs 12,000,000', 22, ['about it costs ', '12,000,000']],
  ['anywhere, without any', 'a'.repeat(25), 10, ['a'.repeat(10), 'a'.repeat(10), 'a'.repeat(5)]],
])('a long text is cut %s', (_, text, most, parts) => {
  expect(cutAtClauses(text, most)).toEqual(parts)
})

test('what is cut is all there, and no character is halved', () => {
  const texts = fc.string({ unit: fc.constantFrom('a', ' ', ',', '🌊', '、', '1'), maxLength: 200 })
  fc.assert(
    fc.property(texts, fc.integer({ min: 2, max: 40 }), (text, most) => {
      const parts = cutAtClauses(text, most)
      expect(parts.join('')).toBe(text)
      expect(parts.every((part) => part.length <= most && part.isWellFormed())).toBe(true)
    }),
  )
})
