import { expect, test } from 'vitest'
import { wholeWords } from '../../../../client/widget/talk/whole-words.ts'

test.each([
  ['Water drives the whe', 'Water drives the '],
  ['Water drives the wheel', 'Water drives the '],
  ['Water drives the wheel.', 'Water drives the wheel.'],
  ['Water drives ', 'Water drives '],
  ['Water,', 'Water,'],
  ['A **bold** word is **bo', 'A **bold** word is '],
  ['A **bold**', 'A **bold**'],
  ['Run `npm', 'Run '],
  ['Run `npm`', 'Run `npm`'],
  ['It is well-kno', 'It is well'],
  ['I don’', 'I '],
  ['See https://exam', 'See https'],
  ['Le moulin «tou', 'Le moulin '],
  ['Die Mühle dreht sich. Das Wa', 'Die Mühle dreht sich. Das '],
  ['水車は水の力で回', '水車は水の力で'],
  ['水车由水驱动。', '水车由水驱动。'],
  ['تدور العجلة بالم', 'تدور العجلة '],
  ['Wat', ''],
  ['', ''],
])('of %j, %j has whole words', (text, whole) => {
  expect(wholeWords(text)).toBe(whole)
})

test('a word is whole if a space is known to follow', () => {
  expect(wholeWords('One two', ' three')).toBe('One two')
  expect(wholeWords('One two', 'fold')).toBe('One ')
})

test('of a long text without spaces only the last word goes', () => {
  const long = `${'word,'.repeat(50)}hal`
  expect(wholeWords(long)).toBe('word,'.repeat(50).slice(0, -1))
})
