import { describe, expect, test, vi } from 'vitest'
import { ApiError } from '../../worker/errors.ts'
import { MAX_READER_LAG_BYTES, MAX_READERS, READER_STALL_MS } from '../../worker/limits.ts'
import { runningLog } from '../../worker/streams/log.ts'
import { createReaders } from '../../worker/streams/readers.ts'
import { newStream, openJournal } from './kept.ts'
import { numberedEvent, type Reading, read } from './reading.ts'

function open() {
  const { journal } = openJournal()
  const log = runningLog(journal, journal.begin(newStream()))
  let clock = 0
  const onEmpty = vi.fn()
  const readers = createReaders(log, () => clock, onEmpty)
  const add = (after = 0): Reading => {
    const body = readers.add(after)
    if (body instanceof ApiError) throw body
    return read(body, after)
  }
  const pass = (ms: number) => {
    clock += ms
  }
  return { log, readers, add, pass, onEmpty }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))
const kilobyte = 'x'.repeat(1024)

describe(`${MAX_READERS} readers at once`, () => {
  test('are the most: one more is refused until one leaves', async () => {
    const { log, readers, add } = open()
    log.append({ data: '1' })
    const all = Array.from({ length: MAX_READERS }, () => add())
    expect(readers.add(0)).toMatchObject({ code: 'too_many_readers', status: 429 })
    await all[7]?.leave()
    add()
    expect(readers.add(0)).toMatchObject({ code: 'too_many_readers' })
  })

  test('keep no new reader out if they are long dead', async () => {
    const { log, readers, add, pass } = open()
    log.append({ data: '1' })
    const dead = Array.from({ length: MAX_READERS }, () => add())
    pass(READER_STALL_MS)
    const back = add()
    expect(await back.next()).toBe(numberedEvent(1, '1'))
    await expect(dead[0]?.next()).rejects.toThrow('broke off')
    for (let i = 1; i < MAX_READERS; i++) add()
    expect(readers.add(0)).toMatchObject({ code: 'too_many_readers' })
  })
})

test('a reader that takes nothing delays no other, is cut off, and comes back to all events', async () => {
  const { log, readers, add } = open()
  const [slow, quick] = [add(), add()]
  log.append({ data: '1' })
  await Promise.all([slow.next(), quick.next()])
  const had = log.bytes
  let cutAt = 0
  while (log.bytes < 3 * MAX_READER_LAG_BYTES) {
    const next = quick.next()
    await settled()
    log.append({ data: kilobyte })
    expect(await next).toContain(kilobyte)
    readers.cutLaggards()
    if (cutAt === 0 && (await isCut(slow))) cutAt = log.bytes
  }
  expect(cutAt - had).toBeGreaterThan(MAX_READER_LAG_BYTES)
  expect(cutAt - had).toBeLessThan(MAX_READER_LAG_BYTES + 2 * kilobyte.length)
  log.end('done', [{ data: '[DONE]' }], 5000)
  const back = add(slow.cursor)
  expect(slow.text + (await back.rest())).toBe(await quick.rest())
})

/** Whether its connection is broken, without reading of it. */
async function isCut(reading: Reading): Promise<boolean> {
  const closed = reading.closed.then(
    () => false,
    () => true,
  )
  return Promise.race([closed, settled().then(() => false)])
}

describe('the time without a reader', () => {
  test('is 0 while a reader waits', async () => {
    const { readers, add, pass } = open()
    const next = add().next()
    await settled()
    pass(1e9)
    expect(readers.absence()).toBe(0)
    next.catch(() => {})
  })

  test('runs from the beginning if no reader came', () => {
    const { readers, pass } = open()
    pass(1234)
    expect(readers.absence()).toBe(1234)
  })

  test('runs from when the last reader left', async () => {
    const { log, readers, add, pass, onEmpty } = open()
    log.append({ data: '1' })
    const [first, second] = [add(), add()]
    pass(100)
    await first.leave()
    pass(100)
    expect([readers.absence(), onEmpty.mock.calls.length]).toEqual([0, 0])
    await second.leave()
    pass(70)
    expect([readers.absence(), onEmpty.mock.calls.length]).toEqual([70, 1])
    add()
    expect(readers.absence()).toBe(0)
  })

  test('runs from when the last reader last took something, if it has stalled', async () => {
    const { log, readers, add, pass } = open()
    log.append({ data: '1' })
    const reading = add()
    await reading.next()
    log.append({ data: '2' })
    pass(READER_STALL_MS - 1)
    expect(readers.absence()).toBe(0)
    pass(500)
    expect(readers.absence()).toBe(500)
    pass(500)
    expect(readers.absence()).toBe(1000)
    await reading.next()
    expect(readers.absence()).toBe(0)
  })

  test('runs also after the last reader has read the end', async () => {
    const { log, readers, add, pass } = open()
    log.end('done', [{ data: '[DONE]' }], 5000)
    await add().rest()
    pass(30)
    expect(readers.absence()).toBe(30)
  })
})
