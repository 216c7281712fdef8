import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { endOnSilence } from '../../worker/answer/silence.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const SILENCE_MS = 1000

function open() {
  const reads: PromiseWithResolvers<Uint8Array>[] = []
  const abort = vi.fn()
  const source = {
    read() {
      const read = Promise.withResolvers<Uint8Array>()
      reads.push(read)
      return read.promise
    },
    hurry() {},
    cancel() {},
  }
  const { chunks, stop } = endOnSilence(source, SILENCE_MS, abort)
  /** Something comes, once it is waited for. */
  const say = async () => {
    reads.shift()?.resolve(new Uint8Array(1))
    await vi.advanceTimersByTimeAsync(0)
  }
  return { chunks, stop, say, abort }
}

test('an upstream that is silent for so long, or a quarter more, ends the call', async () => {
  const { chunks, say, abort } = open()
  for (let i = 0; i < 3; i++) {
    void chunks.read()
    await vi.advanceTimersByTimeAsync(0.9 * SILENCE_MS)
    await say()
  }
  void chunks.read()
  await vi.advanceTimersByTimeAsync(SILENCE_MS)
  expect(abort).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(SILENCE_MS / 4)
  expect(abort).toHaveBeenCalledWith(expect.objectContaining({ code: 'upstream_silence_timeout' }))
})

test('a slow reader does not count as silence of the upstream', async () => {
  const { chunks, say, abort } = open()
  void chunks.read()
  await say()
  await vi.advanceTimersByTimeAsync(10 * SILENCE_MS)
  expect(abort).not.toHaveBeenCalled()
})

test('`stop` ends the watch for silence', () => {
  const { chunks, stop } = open()
  void chunks.read()
  stop()
  expect(vi.getTimerCount()).toBe(0)
})
