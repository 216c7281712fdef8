import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Turn } from '../../client/page/conversation.ts'
import { keepTurns, MAX_KEPT_CHARS } from '../../client/page/kept-turns.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A tab's storage, with room for so many characters. */
function fakeStore(room = Number.POSITIVE_INFINITY) {
  const items = new Map<string, string>()
  let writes = 0
  return {
    items,
    writes: () => writes,
    getItem: (name: string) => items.get(name) ?? null,
    removeItem: (name: string) => void items.delete(name),
    setItem(name: string, value: string) {
      if (value.length > room) throw new DOMException('Full.', 'QuotaExceededError')
      writes++
      items.set(name, value)
    },
  }
}

const done = (question: string, answer = 'Because.'): Turn => ({ question, answer, end: 'done' })
const running: Turn = { question: 'How?', answer: 'By', pending: { key: 'k', id: 'str_1', askedAt: 7 } }

test('what is saved is there after a reload', () => {
  const store = fakeStore()
  const turns: Turn[] = [{ ...done('Why?'), speed: 'fast', note: 'Stopped.' }, running]
  keepTurns(() => store).save(turns, 'now')
  expect(keepTurns(() => store).load()).toEqual(turns)
})

test('what grows is saved once a second, as it is then', () => {
  const store = fakeStore()
  const kept = keepTurns(() => store)
  const turn = { ...running }
  for (let i = 0; i < 100; i++) {
    turn.answer += ' x'
    kept.save([turn], 'soon')
    vi.advanceTimersByTime(10)
  }
  expect(store.writes()).toBe(1)
  expect(kept.load()).toEqual([turn])
  turn.answer += ' y'
  kept.save([turn], 'soon')
  kept.flush()
  expect(kept.load()).toEqual([turn])
  vi.advanceTimersByTime(5_000)
  expect(store.writes()).toBe(2)
})

test('a conversation that was ended leaves nothing', () => {
  const store = fakeStore()
  const kept = keepTurns(() => store)
  kept.save([running], 'soon')
  kept.save([], 'now')
  vi.advanceTimersByTime(5_000)
  expect(store.items.get('millrace-conversation')).toBe('[]')
  expect(kept.load()).toEqual([])
})

test('of a long conversation the last turns are kept', () => {
  const store = fakeStore()
  const kept = keepTurns(() => store)
  const long = 'x'.repeat(MAX_KEPT_CHARS / 4)
  kept.save(
    ['a', 'b', 'c', 'd', 'e'].map((question) => done(question, long)),
    'now',
  )
  expect(kept.load().map(({ question }) => question)).toEqual(['c', 'd', 'e'])
})

test('of an answer without measure its question is kept', () => {
  const store = fakeStore()
  const kept = keepTurns(() => store)
  const huge = { ...running, answer: 'x'.repeat(MAX_KEPT_CHARS) }
  kept.save([done('Why?'), huge], 'now')
  expect(kept.load()).toEqual([{ ...huge, answer: '' }])
})

test('where there is no room, what stood there before is gone', () => {
  const store = fakeStore(200)
  const kept = keepTurns(() => store)
  kept.save([done('Why?')], 'now')
  kept.save([done('Why?'), done('How?', 'x'.repeat(500))], 'now')
  expect(kept.load()).toEqual([])
})

test('where storage is refused nothing is kept, and nothing fails', () => {
  const kept = keepTurns(() => {
    throw new DOMException('Refused.', 'SecurityError')
  })
  kept.save([running], 'now')
  kept.save([running], 'soon')
  kept.flush()
  expect(kept.load()).toEqual([])
})

test.each(['', '{', 'null', '7', '{}', '[null,7,"x",{},{"question":"a"},{"question":"a","answer":"b"}]'])(
  'what another page left (%j) is none of ours',
  (value) => {
    const store = fakeStore()
    store.items.set('millrace-conversation', value)
    expect(keepTurns(() => store).load()).toEqual([])
  },
)
