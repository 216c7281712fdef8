import { expect, test } from 'vitest'
import { placeOf } from '../../client/page/places.ts'

test.each([
  ['', 'chat'],
  ['#chat', 'chat'],
  ['#question', 'chat'],
  ['#racecourse', 'chat'],
  ['#race', 'race'],
  ['#race-question', 'race'],
  ['#race-result', 'race'],
])('%j is in the %s', (fragment, place) => {
  expect(placeOf(fragment)).toBe(place)
})
