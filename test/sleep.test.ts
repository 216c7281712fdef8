import { expect, test, vi } from 'vitest'
import { sleep } from '../worker/sleep.ts'

/** Whether it is over, once all that waits for nothing has run. */
async function isOver(sleeping: Promise<void>): Promise<boolean> {
  let over = false
  void sleeping.then(() => {
    over = true
  })
  await Promise.resolve()
  await Promise.resolve()
  return over
}

test('a sleep lasts as long as was said', async () => {
  vi.useFakeTimers()
  try {
    const sleeping = sleep(1000)
    vi.advanceTimersByTime(999)
    expect(await isOver(sleeping)).toBe(false)
    vi.advanceTimersByTime(1)
    expect(await isOver(sleeping)).toBe(true)
  } finally {
    vi.useRealTimers()
  }
})

test('a sleep ends when its signal aborts, and leaves no timer behind', async () => {
  vi.useFakeTimers()
  try {
    const leaving = new AbortController()
    const sleeping = sleep(1000, leaving.signal)
    expect(await isOver(sleeping)).toBe(false)
    leaving.abort()
    expect(await isOver(sleeping)).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})

test('a sleep is over at once where its signal has aborted already, or its moment has passed', async () => {
  expect(await isOver(sleep(1e9, AbortSignal.abort()))).toBe(true)
  expect(await isOver(sleep(-1))).toBe(true)
})
