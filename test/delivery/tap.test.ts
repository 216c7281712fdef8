import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { tap } from '../../worker/delivery/tap.ts'
import { TAP_INTERVAL_MS, TAP_READ_BYTES } from '../../worker/limits.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const SILENCE_MS = 60_000

function open({ eager = false } = {}) {
  let branch!: ReadableByteStreamController
  const readable = new ReadableStream({
    type: 'bytes',
    start(controller) {
      branch = controller
    },
  })
  const looks: number[] = []
  const onSilence = vi.fn()
  const watched = tap(readable, {
    onBytes: (bytes) => looks.push(bytes.length),
    onSilence,
    silenceMs: SILENCE_MS,
    isEager: () => eager,
  })
  const send = (bytes: number) => branch.enqueue(new Uint8Array(bytes))
  return { branch, send, looks, onSilence, ...watched }
}

test('a tap looks once an interval, and sees all bytes that came meanwhile', async () => {
  const { send, looks } = open()
  for (let chunk = 0; chunk < 100; chunk++) {
    send(10)
    await vi.advanceTimersByTimeAsync(TAP_INTERVAL_MS / 10)
  }
  expect(looks.length).toBeLessThanOrEqual(11)
  expect(looks.reduce((sum, bytes) => sum + bytes)).toBeGreaterThanOrEqual(900)
})

test('a tap whose next bytes are awaited looks at each of them', async () => {
  const { send, looks } = open({ eager: true })
  for (let chunk = 0; chunk < 10; chunk++) {
    send(10)
    await vi.advanceTimersByTimeAsync(TAP_INTERVAL_MS / 10)
  }
  expect(looks).toEqual(Array(10).fill(10))
})

test('a burst is read without pauses', async () => {
  const { send, looks } = open()
  send(TAP_READ_BYTES * 3)
  await vi.advanceTimersByTimeAsync(0)
  expect(looks).toEqual([TAP_READ_BYTES, TAP_READ_BYTES, TAP_READ_BYTES])
})

test('a tap that is told to drain reads to the end at once', async () => {
  const { branch, send, looks, drainNow, ended } = open()
  send(10)
  await vi.advanceTimersByTimeAsync(0)
  send(20)
  branch.close()
  drainNow()
  await vi.advanceTimersByTimeAsync(0)
  expect(await ended).toBe('end')
  expect(looks).toEqual([10, 20])
})

test('silence is measured from the last byte, and reported once', async () => {
  const { send, onSilence } = open()
  send(10)
  await vi.advanceTimersByTimeAsync(SILENCE_MS * 0.75)
  send(10)
  await vi.advanceTimersByTimeAsync(SILENCE_MS * 0.75)
  expect(onSilence).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(SILENCE_MS)
  expect(onSilence).toHaveBeenCalledOnce()
})

test('a broken branch is reported, and a cancelled one is read no more', async () => {
  const broken = open()
  broken.branch.error(new Error('reset'))
  expect(await broken.ended).toBe('broken')
  const left = open()
  left.cancel()
  expect(await left.ended).toBe('end')
  expect(left.looks).toEqual([])
})
