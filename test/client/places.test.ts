import { expect, test } from 'vitest'
import { placeOf } from '../../client/page/places.ts'

test.each([
  ['', 'chat'],
  ['#chat', 'chat'],
  ['#question', 'chat'],
  ['#racecourse', 'chat'],
  ['#embedded', 'chat'],
  ['#race', 'race'],
  ['#race-question', 'race'],
  ['#race-result', 'race'],
  ['#embed', 'embed'],
  ['#embed-heading', 'embed'],
])('%j is in the %s', (fragment, place) => {
  expect(placeOf(fragment)).toBe(place)
})
