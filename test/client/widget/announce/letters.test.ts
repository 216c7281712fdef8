import { expect, test } from 'vitest'
import { afterLetters, countLetters } from '../../../../client/widget/announce/letters.ts'

const SAID = 'It turns. '

test.each([
  'It turns. It grinds.',
  '**It turns. It grinds.',
  'It **turns.** It grinds.',
  '“It turns.” It grinds.',
])('with other marks than when it was read, %j goes on where it did', (text) => {
  expect(text.slice(afterLetters(text, countLetters(SAID)))).toBe('It grinds.')
})

test('a shorter text ends before', () => {
  expect(afterLetters('It', countLetters(SAID))).toBe(2)
})

test('what the next sentence begins with stays with it', () => {
  const text = 'It turns. -5 (degrees)'
  expect(text.slice(afterLetters(text, countLetters(SAID)))).toBe('-5 (degrees)')
})
