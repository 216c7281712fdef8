import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createResponseBody } from '../../worker/delivery/response-body.ts'
import { READER_STALL_MS } from '../../worker/limits.ts'
import { toBytes } from '../../worker/protocol/encode.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
})
afterEach(() => {
  vi.useRealTimers()
})

function open() {
  const caller = new AbortController()
  const onLeave = vi.fn()
  const body = createResponseBody(caller.signal, onLeave)
  const send = (text: string) => {
    body.write(toBytes(text))
    void body.flush()
  }
  return { caller, onLeave, body, send, reader: body.readable.getReader() }
}

test('a reader that takes nothing counts as gone, and what it reads later breaks off', async () => {
  const { body, send, reader, onLeave } = open()
  send('one')
  vi.advanceTimersByTime(READER_STALL_MS)
  expect(onLeave).not.toHaveBeenCalled()
  vi.advanceTimersByTime(READER_STALL_MS / 4)
  expect(onLeave).toHaveBeenCalledOnce()
  await body.close()
  expect(vi.getTimerCount()).toBe(0)
  await expect(reader.read()).rejects.toThrow()
})

test('so does one that takes nothing of the end', async () => {
  const { body, send, reader, onLeave } = open()
  send('one')
  await reader.read()
  await body.flush()
  const closed = body.close()
  vi.advanceTimersByTime(READER_STALL_MS * 1.25)
  await closed
  expect(onLeave).toHaveBeenCalled()
  expect(vi.getTimerCount()).toBe(0)
})

test('a slow reader does not, nor one that has all there is', async () => {
  const { body, send, reader, onLeave } = open()
  for (const text of ['one', 'two', 'three']) {
    send(text)
    vi.advanceTimersByTime(READER_STALL_MS * 0.9)
    expect(new TextDecoder().decode((await reader.read()).value)).toBe(text)
    await body.flush()
  }
  vi.advanceTimersByTime(READER_STALL_MS * 10)
  await Promise.all([body.close(), reader.read()])
  expect(onLeave).not.toHaveBeenCalled()
  expect(vi.getTimerCount()).toBe(0)
})

test('every wait for a caller that leaves is over, even if nothing reads its body', async () => {
  const { caller, body, send } = open()
  send('one')
  body.write(toBytes('two'))
  const room = body.flush()
  const closed = body.close()
  caller.abort()
  await Promise.all([room, closed])
  await body.breakOff(new Error('over'))
  expect(vi.getTimerCount()).toBe(0)
})
