import { expect, test } from 'vitest'
import { createSearch, foldText } from '../../../../client/widget/talk/search.ts'

test.each([
  ['Élan vital', 'elan', true],
  ['elan', 'ÉLAN', true],
  ['Die Straße', 'STRASSE', true],
  ['ISPARTA', 'ısparta', true],
  ['İzmir', 'izmir', true],
  ['Łódź', 'lodz', true],
  ['Ёлка и йод', 'елка', true],
  ['Μύλος', 'μυλοσ', true],
  ['كَتَبَ أحمد', 'كتب احمد', true],
  ['ｶﾞｲﾄﾞ', 'ガイド', true],
  ['물레방아', '물레', true],
  ['हिन्दी', 'हन', false],
  ['the wheel of a mill', 'mill wheel', true],
  ['the wheel of a mill', 'mill race', false],
])('in %j, %j is found: %s', (text, query, found) => {
  expect(createSearch()(query)?.('a', '1', () => text)).toBe(found)
})

test('a text is read once, until it changes or is forgotten', () => {
  const search = createSearch()
  const read: string[] = []
  const find = (version: string) =>
    search('X')?.('a', version, () => {
      read.push(version)
      return 'x'
    })
  find('1')
  find('1')
  find('2')
  // Nothing is searched for.
  expect(search('  ')).toBeUndefined()
  find('2')
  expect(read).toEqual(['1', '2', '2'])
})

test('folding is the same for a text and for what it gives', () => {
  for (const text of ['Ça', 'ß', 'ſ', 'ǅ', 'İı', '\u0130'])
    expect(foldText(foldText(text))).toBe(foldText(text))
})
