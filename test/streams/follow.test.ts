import { describe, expect, test, vi } from 'vitest'
import {
  MAX_EVENT_BYTES,
  MAX_READER_LAG_BYTES,
  MAX_WRITE_BYTES,
  READER_STALL_MS,
} from '../../worker/limits.ts'
import { follow } from '../../worker/streams/follow.ts'
import type { Journal, KeptStream } from '../../worker/streams/journal.ts'
import { endedLog, type RunningLog, runningLog } from '../../worker/streams/log.ts'
import { dataAt, newStream, openJournal, ROW, textOf } from './kept.ts'
import { numberedEvent, read } from './reading.ts'

const textFrom = (after: number, last: number) =>
  Array.from({ length: last - after }, (_, i) => numberedEvent(after + i + 1, dataAt(after + i + 1))).join('')

function open() {
  const { sql, journal } = openJournal()
  const stream = journal.begin(newStream())
  const log = runningLog(journal, stream)
  let clock = 0
  const onLeave = vi.fn()
  return {
    sql,
    journal,
    log,
    onLeave,
    pass: (ms: number) => {
      clock += ms
    },
    now: () => clock,
    stream: () => journal.byId(stream.id) as KeptStream,
    follow: (after = 0) => follow(log, after, { now: () => clock, onLeave }),
  }
}

function append(log: RunningLog, count: number): void {
  for (let i = 0; i < count; i++) log.append({ data: dataAt(log.last + 1) })
}

const end = (log: RunningLog) => log.end('done', [{ data: '[DONE]' }], 5000)

/** Until all that can happen without anyone doing anything has happened. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('a reader gets the events it is missing, and then new ones', () => {
  const COUNT = 2 * ROW + 5

  test('from every place and at every moment, byte for byte', async () => {
    for (let after = 0; after <= COUNT; after += 3) {
      for (let come = after; come <= COUNT; come += 3) {
        const { log, follow } = open()
        append(log, come)
        const text = read(follow(after).body).rest()
        while (log.last < COUNT) {
          append(log, 1)
          if (log.last % 5 === 0) await settled()
        }
        end(log)
        expect(await text).toBe(textFrom(after, COUNT) + numberedEvent(COUNT + 1, '[DONE]'))
      }
    }
  })

  test('the missing ones in one write', async () => {
    const { log, follow } = open()
    append(log, COUNT)
    log.flush()
    const reading = read(follow(3).body)
    expect(await reading.next()).toBe(textFrom(3, ROW * 2 + 5))
    append(log, 1)
    expect(await reading.next()).toBe(textFrom(COUNT, COUNT + 1))
  })

  test('new ones each at once', async () => {
    const { log, follow } = open()
    const reading = read(follow().body)
    for (let last = 1; last <= COUNT; last++) {
      const next = reading.next()
      await settled()
      append(log, 1)
      expect(await next).toBe(textFrom(last - 1, last))
    }
  })

  test('together, if they came while it took nothing', async () => {
    const { log, follow } = open()
    const reading = read(follow().body)
    const first = reading.next()
    await settled()
    append(log, 1)
    expect(await first).toBe(textFrom(0, 1))
    append(log, 7)
    expect(await reading.next()).toBe(textFrom(1, 8))
  })

  test('of a stream that has ended', async () => {
    const { log, journal, stream } = open()
    append(log, COUNT)
    end(log)
    for (let after = 0; after <= COUNT; after++) {
      const onLeave = vi.fn()
      const { body } = follow(endedLog(journal, stream()), after, { now: () => 0, onLeave })
      expect(await read(body).rest()).toBe(textFrom(after, COUNT) + numberedEvent(COUNT + 1, '[DONE]'))
      expect(onLeave).toHaveBeenCalledOnce()
    }
  })

  test('into a buffer of its own, however small', async () => {
    const { log, follow } = open()
    append(log, COUNT)
    const reader = follow().body.getReader({ mode: 'byob' })
    const parts: Uint8Array[] = []
    end(log)
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(7))
      if (done) break
      parts.push(value)
    }
    expect(textOf(parts)).toBe(textFrom(0, COUNT) + numberedEvent(COUNT + 1, '[DONE]'))
  })

  test('into a buffer that waits for an event, also the end', async () => {
    const { log, follow, onLeave } = open()
    append(log, 1)
    const reader = follow(1).body.getReader({ mode: 'byob' })
    const next = reader.read(new Uint8Array(1000))
    await settled()
    log.heartbeat()
    expect((await next).value).toHaveLength(': heartbeat\n'.length)
    end(log)
    expect(textOf([(await reader.read(new Uint8Array(1000))).value as Uint8Array])).toContain('[DONE]')
    expect((await reader.read(new Uint8Array(1000))).done).toBe(true)
    expect(onLeave).toHaveBeenCalledOnce()
  })

  test('never more at once than one write and one event', async () => {
    const { log, follow } = open()
    for (let i = 0; i < 8; i++) log.append({ data: 'x'.repeat(MAX_EVENT_BYTES / 2) })
    end(log)
    const reading = read(follow().body)
    const sizes: number[] = []
    for (let part = await reading.next(); part !== undefined; part = await reading.next())
      sizes.push(part.length)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX_WRITE_BYTES + 2 * MAX_EVENT_BYTES)
    expect(sizes.reduce((sum, size) => sum + size)).toBe(log.bytes)
  })
})

describe('a heartbeat', () => {
  test('is a comment to a reader that waits, and no event: it ends in one line feed', async () => {
    const { log, follow } = open()
    append(log, 2)
    const reading = read(follow().body)
    await reading.next()
    const next = reading.next()
    await settled()
    log.heartbeat()
    expect(await next).toMatch(/^:.*\n$/)
    append(log, 1)
    expect(await reading.next()).toBe(textFrom(2, 3))
  })

  test('is not sent to a reader that has something to read', async () => {
    const { log, follow } = open()
    append(log, 2)
    const { body } = follow()
    log.heartbeat()
    end(log)
    expect(await read(body).rest()).toBe(textFrom(0, 2) + numberedEvent(3, '[DONE]'))
  })
})

describe('a reader leaves once', () => {
  test('when it has read the end', async () => {
    const { log, follow, onLeave } = open()
    const { body, cut } = follow()
    end(log)
    await read(body).rest()
    cut()
    expect(onLeave).toHaveBeenCalledOnce()
  })

  test('when it cancels, also while it waits', async () => {
    const { log, follow, onLeave } = open()
    const { body, cut } = follow()
    const reading = read(body)
    const next = reading.next()
    await settled()
    await reading.leave()
    expect(await next).toBeUndefined()
    append(log, 1)
    cut()
    await settled()
    expect(onLeave).toHaveBeenCalledOnce()
  })

  test.each(['while it waits', 'while it takes nothing'])(
    'when it is cut off %s, and its connection breaks',
    async (when) => {
      const { log, follow, onLeave } = open()
      const { body, cut } = follow()
      const reading = read(body)
      append(log, 1)
      await reading.next()
      const waiting = when === 'while it waits' ? reading.next() : undefined
      await settled()
      cut()
      cut()
      await expect(waiting ?? reading.next()).rejects.toThrow('broke off')
      append(log, 1)
      await settled()
      expect(onLeave).toHaveBeenCalledOnce()
    },
  )

  test.each([
    ['', () => {}],
    [
      ', and another stream gets its serial',
      (journal: Journal) => {
        const other = runningLog(journal, journal.begin(newStream()))
        for (let i = 0; i < 5; i++) other.append({ data: 'y'.repeat(MAX_EVENT_BYTES - 100) })
      },
    ],
  ])('when its stream expires%s, and that is no clean end', async (_, then) => {
    const { log, journal, stream, onLeave, now } = open()
    log.append({ data: 'x'.repeat(MAX_EVENT_BYTES - 100) })
    log.append({ data: 'x'.repeat(MAX_EVENT_BYTES - 100) })
    end(log)
    const reading = read(follow(endedLog(journal, stream()), 0, { now, onLeave }).body)
    await reading.next()
    journal.forget(stream().serial)
    then(journal)
    await expect(reading.next()).rejects.toThrow('broke off')
    expect(onLeave).toHaveBeenCalledOnce()
  })
})

describe('a reader is present', () => {
  test('while it waits, however long', async () => {
    const { follow, pass, now } = open()
    const reader = follow()
    const next = read(reader.body).next()
    await settled()
    pass(100 * READER_STALL_MS)
    expect(reader.present(now())).toBe(true)
    reader.cut()
    await expect(next).rejects.toThrow()
  })

  test('while it has all events', async () => {
    const { log, follow, pass, now } = open()
    append(log, 1)
    const reader = follow()
    await read(reader.body).next()
    pass(100 * READER_STALL_MS)
    expect(reader.present(now())).toBe(true)
  })

  test('if it took something not long ago, not if it takes nothing for long', async () => {
    const { log, follow, pass, now } = open()
    append(log, 1)
    const reader = follow()
    const reading = read(reader.body)
    await reading.next()
    append(log, 1)
    pass(READER_STALL_MS - 1)
    expect(reader.present(now())).toBe(true)
    pass(1)
    expect(reader.present(now())).toBe(false)
    await reading.next()
    expect(reader.present(now())).toBe(true)
  })

  test('only if it ever took something', () => {
    const { log, follow, pass, now } = open()
    append(log, 1)
    const reader = follow()
    expect(reader.present(now())).toBe(true)
    pass(READER_STALL_MS)
    expect(reader.present(now())).toBe(false)
  })
})

describe('a reader lags', () => {
  const kilobyte = 'x'.repeat(1024)
  const fill = (log: RunningLog, bytes: number) => {
    const until = log.bytes + bytes
    while (log.bytes < until) log.append({ data: kilobyte })
  }

  test('if it had caught up, and then took nothing while more than the bound came', async () => {
    const { log, follow } = open()
    append(log, 1)
    const reader = follow()
    await read(reader.body).next()
    fill(log, MAX_READER_LAG_BYTES - 2048)
    expect(reader.lags()).toBe(false)
    fill(log, 4096)
    expect(reader.lags()).toBe(true)
  })

  test('never while it reads along or first catches up', async () => {
    const { log, follow } = open()
    fill(log, 3 * MAX_READER_LAG_BYTES)
    const late = follow()
    const along = follow(log.last)
    const reading = read(along.body)
    for (let i = 0; i < 3 * 1024; i++) {
      fill(log, 1024)
      await reading.next()
      expect(along.lags()).toBe(false)
    }
    const catching = read(late.body)
    await catching.next()
    expect(late.lags()).toBe(false)
  })

  test('never while it is far behind and still reads', async () => {
    const { log, follow } = open()
    append(log, 1)
    const reader = follow()
    const reading = read(reader.body)
    await reading.next()
    // A mebibyte and a half each time, of which one write takes but one.
    for (let i = 0; i < 8; i++) {
      fill(log, 0.75 * MAX_READER_LAG_BYTES)
      expect(reader.lags()).toBe(false)
      await reading.next()
      fill(log, 0.75 * MAX_READER_LAG_BYTES)
      expect(reader.lags()).toBe(false)
      await reading.next()
    }
    expect(log.bytes - Buffer.byteLength(reading.text)).toBeGreaterThan(0)
  })

  test('until it comes back, and then gets all missing events', async () => {
    const { log, follow } = open()
    append(log, 1)
    const reader = follow()
    const reading = read(reader.body)
    await reading.next()
    fill(log, 2 * MAX_READER_LAG_BYTES)
    reader.cut()
    await expect(reading.next()).rejects.toThrow('broke off')
    end(log)
    const again = await read(follow(reading.cursor).body).rest()
    expect(reading.text + again).toBe(await read(follow(0).body).rest())
  })
})
