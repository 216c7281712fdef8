import { expect, test } from 'vitest'
import { MAX_ANNOUNCEMENT_CHARS } from '../../../../client/widget/announce/clauses.ts'
import { createSpeechQueue, MAX_WAITING_CHARS } from '../../../../client/widget/announce/speech-queue.ts'

const HUNDRED = `${'x'.repeat(99)}.`

function announcements(queue: ReturnType<typeof createSpeechQueue>, seconds: number) {
  return Array.from({ length: seconds }, (_, second) => queue.take(second * 1000))
}

test('sentences are spoken together, as many as fit', () => {
  const queue = createSpeechQueue()
  for (const sentence of ['One.', 'Two.', HUNDRED, HUNDRED, HUNDRED]) queue.add(sentence)
  expect(queue.take(0)).toBe(`One. Two. ${HUNDRED} ${HUNDRED}`)
  expect(queue.waits).toBe(true)
})

test('what comes within a second waits', () => {
  const queue = createSpeechQueue()
  queue.add('One.')
  expect(queue.take(0)).toBe('One.')
  queue.add('Two.')
  expect(queue.take(999)).toBeUndefined()
  expect(queue.take(1000)).toBe('Two.')
})

test('nothing is given out long before the voice needs it', () => {
  const queue = createSpeechQueue()
  for (let count = 0; count < 20; count++) queue.add(HUNDRED)
  const said = announcements(queue, 60).filter((text) => text !== undefined)
  // In a minute, 1500 characters are spoken, and at most one announcement waits at the screen reader.
  const spoken = said.join('').length
  expect(spoken).toBeGreaterThanOrEqual(1500)
  expect(spoken).toBeLessThanOrEqual(1500 + 2 * MAX_ANNOUNCEMENT_CHARS)
})

test('Japanese takes longer to speak than it is long', () => {
  const queue = createSpeechQueue()
  queue.add('水'.repeat(100))
  queue.add('車'.repeat(290))
  expect(queue.take(0)).toBeDefined()
  expect(queue.take(9_000)).toBeUndefined()
  expect(queue.take(10_000)).toBeDefined()
})

test('what is too far ahead of the voice is not spoken, but for its beginning and a last word', () => {
  const queue = createSpeechQueue()
  for (let length = 0; length <= MAX_WAITING_CHARS; length += HUNDRED.length) queue.add(HUNDRED)
  expect(queue.overrun).toBe(true)
  queue.add('Not any more.')
  queue.conclude('The rest can be read.')
  expect(queue.take(0)).toBe(`${HUNDRED} ${HUNDRED}`)
  expect(queue.take(1000)).toBe('The rest can be read.')
  queue.conclude('Complete.')
  expect(queue.take(2000)).toBe('Complete.')
  expect(queue.waits).toBe(false)
})

test('of two last words that wait, the last is said', () => {
  const queue = createSpeechQueue()
  queue.conclude('The rest can be read.')
  queue.conclude('Complete.')
  expect(announcements(queue, 3)).toEqual(['Complete.', undefined, undefined])
})

test('cleared, it begins anew', () => {
  const queue = createSpeechQueue(5)
  queue.add('Far too much.')
  queue.conclude('The rest can be read.')
  queue.clear()
  expect(queue.waits).toBe(false)
  queue.add('One.')
  expect(queue.take(0)).toBe('One.')
})
