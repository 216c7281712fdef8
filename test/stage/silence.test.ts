import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { silence } from '../../worker/stage/silence.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function open() {
  const onSilence = vi.fn()
  const stage = silence<string>(100, onSilence)
  return { onSilence, upstream: stage.writable.getWriter(), reader: stage.readable.getReader() }
}

test('chunks pass as they are, and each one starts the wait anew', async () => {
  const { onSilence, upstream, reader } = open()
  for (const chunk of ['a', 'b', 'c']) {
    const written = upstream.write(chunk)
    expect(await reader.read()).toEqual({ done: false, value: chunk })
    await written
    await vi.advanceTimersByTimeAsync(99)
  }
  expect(onSilence).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(onSilence).toHaveBeenCalledOnce()
})

test('nothing at all is silence too', async () => {
  const { onSilence } = open()
  await vi.advanceTimersByTimeAsync(100)
  expect(onSilence).toHaveBeenCalledOnce()
})

test.each(['ends', 'is cancelled'])('a stream that %s is not silent', async (how) => {
  const { onSilence, upstream, reader } = open()
  if (how === 'ends') await Promise.all([upstream.close(), reader.read()])
  else await reader.cancel()
  await vi.advanceTimersByTimeAsync(1000)
  expect(onSilence).not.toHaveBeenCalled()
})
