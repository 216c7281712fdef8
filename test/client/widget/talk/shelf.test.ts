import { expect, test } from 'vitest'
import { createShelf } from '../../../../client/widget/talk/shelf.ts'
import { fakeStore, refusedStore } from './samples.ts'

test.each([
  ['no store', undefined],
  ['a store that takes it', () => fakeStore()],
  ['a store without room', () => fakeStore(3)],
  ['a store that is refused', refusedStore],
])('with %s, what is put there is there', (_, makeStore) => {
  const store = makeStore === refusedStore ? undefined : makeStore?.()
  const shelf = createShelf(makeStore === refusedStore ? refusedStore : store && (() => store))
  shelf.set('a', 'one')
  shelf.set('a', 'two')
  shelf.set('b', 'three')
  expect(shelf.get('a')).toBe('two')
  expect(shelf.names()).toEqual(['a', 'b'])
  shelf.remove('a')
  expect(shelf.get('a')).toBeNull()
  expect(shelf.names()).toEqual(['b'])
})

test('what has no room leaves nothing older in the store, and goes there once there is room', () => {
  const store = fakeStore(10)
  const shelf = createShelf(() => store)
  expect(shelf.set('a', 'short')).toBe(true)
  expect(shelf.set('a', 'much longer')).toBe(false)
  expect(store.items.size).toBe(0)
  expect([shelf.get('a'), shelf.isMemoryOnly('a')]).toEqual(['much longer', true])
  expect(shelf.set('a', 'short')).toBe(true)
  expect([shelf.get('a'), shelf.isMemoryOnly('a'), store.items.get('a')]).toEqual(['short', false, 'short'])
})
