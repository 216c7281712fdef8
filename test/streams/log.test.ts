import { describe, expect, test } from 'vitest'
import type { ApiError } from '../../worker/errors.ts'
import {
  MAX_EVENT_BYTES,
  MAX_PACK_BYTES,
  MAX_STREAM_BYTES,
  MAX_STREAM_EVENTS,
  MAX_WRITE_BYTES,
} from '../../worker/limits.ts'
import { endedLog, interruptedEnd, type RunningLog, runningLog } from '../../worker/streams/log.ts'
import { failAt } from '../support/sqlite.ts'
import { dataAt, newStream, openJournal, ROW, readAll, rowsIn } from './kept.ts'
import { numberedEvent } from './reading.ts'

const textFrom = (after: number, last: number) =>
  Array.from({ length: last - after }, (_, i) => numberedEvent(after + i + 1, dataAt(after + i + 1))).join('')

function openStream() {
  const { sql, journal } = openJournal()
  return { sql, journal, stream: journal.begin(newStream()) }
}

function open() {
  const opened = openStream()
  return { ...opened, log: runningLog(opened.journal, opened.stream) }
}

function append(log: RunningLog, count: number): void {
  for (let i = 0; i < count; i++) log.append({ data: dataAt(log.last + 1) })
}

const bytesAt = (number: number) => Buffer.byteLength(numberedEvent(number, dataAt(number)))

describe('each event can be read at once', () => {
  test('from every place, while they come: from memory, the journal, and where those meet', () => {
    const { log } = open()
    for (let last = 1; last <= 4 * ROW; last++) {
      append(log, 1)
      for (let after = 0; after <= last; after++) expect(readAll(log, after)).toBe(textFrom(after, last))
    }
  })

  test('whenever they are journalled', () => {
    for (let flushAt = 1; flushAt <= 2 * ROW; flushAt++) {
      const { log } = open()
      for (let last = 1; last <= 3 * ROW; last++) {
        append(log, 1)
        if (last === flushAt || last === flushAt + 3) log.flush()
      }
      const { last } = log
      for (let after = 0; after <= last; after++) expect(readAll(log, after)).toBe(textFrom(after, last))
    }
  })

  test('without the journal, where it is of the row that is not full', () => {
    const { log, sql } = open()
    append(log, 4 * ROW + 3)
    sql.fails = () => true
    expect(readAll(log, 4 * ROW)).toBe(textFrom(4 * ROW, log.last))
    expect(() => log.read(4 * ROW - 1)).toThrow('disk I/O error')
  })

  test('of several lines, and none', () => {
    const { log } = open()
    for (const data of ['a\nb', '', '\n']) log.append({ data })
    expect(readAll(log)).toBe(
      'id: 1\ndata: a\ndata: b\n\n' + 'id: 2\ndata: \n\n' + 'id: 3\ndata: \ndata: \n\n',
    )
  })
})

describe('rows are few', () => {
  test('those of an answer of 64 KB are its own row, and each further 64 KB one more', () => {
    const { log, sql } = open()
    for (let last = 1; last <= 4 * ROW; last++) {
      append(log, 1)
      log.flush()
      expect([last, rowsIn(sql, 'streams'), rowsIn(sql, 'packs')]).toEqual([last, 1, Math.floor(last / ROW)])
    }
  })

  test('no row is written where no event came', () => {
    const { log, sql } = open()
    append(log, 3)
    const written = sql.statements.length
    log.flush()
    log.flush()
    expect(sql.statements.length).toBe(written + 1)
  })

  test('large events have rows of their own, so that no row is too large', () => {
    const { log, sql } = open()
    const data = 'x'.repeat(MAX_EVENT_BYTES - 100)
    for (let i = 0; i < 5; i++) {
      append(log, 3)
      log.append({ data })
    }
    log.flush()
    const sizes = sql.rows('SELECT LENGTH(bytes) AS size FROM packs').map(({ size }) => Number(size))
    expect(sizes).toHaveLength(5)
    expect(Math.max(...sizes)).toBeLessThan(MAX_EVENT_BYTES + MAX_PACK_BYTES)
    const text = readAll(log)
    expect(text.match(/^id: \d+$/gm)).toHaveLength(20)
    for (const after of [0, 2, 3, 4, 15, 19, 20])
      expect(readAll(log, after)).toBe(text.slice(startOf(text, after + 1)))
  })

  test.each(['journalled', 'ended'])(
    'no row is too large where events that waited for their verdict are %s all at once',
    (how) => {
      const { sql, journal, stream } = openStream()
      const provisional = { count: Number.POSITIVE_INFINITY, mask: (data: string) => data }
      const log = runningLog(journal, stream, { provisional })
      for (let i = 0; i < 200; i++) log.append({ data: 'x'.repeat(16 * 1024) })
      expect(rowsIn(sql, 'packs')).toBe(0)
      const text = readAll(log)
      if (how === 'journalled') {
        provisional.count = 0
        log.flush()
        expect(readAll(log)).toBe(text)
      }
      log.end('done', [{ data: '[DONE]' }], 5000)
      const whole = text + numberedEvent(201, '[DONE]')
      expect(readAll(log)).toBe(whole)
      const kept = endedLog(journal, journal.byId(stream.id) ?? stream)
      for (const after of [0, 1, 7, 150, 200]) {
        expect(readAll(kept, after)).toBe(whole.slice(startOf(whole, after + 1)))
      }
      const rows = sql.rows('SELECT LENGTH(bytes) AS size FROM packs').map(({ size }) => Number(size))
      expect(Math.max(...rows)).toBeLessThan(MAX_PACK_BYTES + 17 * 1024)
    },
  )
})

test('one read by a reader has a bound, however much is held', () => {
  const { journal, stream } = openStream()
  const log = runningLog(journal, stream, { provisional: { count: 500, mask: (data) => data } })
  for (let i = 0; i < 200; i++) log.append({ data: 'x'.repeat(16 * 1024) })
  const sizes: number[] = []
  for (let part = log.read(0); part !== undefined; part = log.read(part.last)) sizes.push(part.bytes.length)
  expect(sizes.reduce((a, b) => a + b)).toBe(log.bytes)
  expect(Math.max(...sizes)).toBeLessThan(MAX_WRITE_BYTES + 17 * 1024)
})

const startOf = (text: string, number: number): number => {
  const at = text.indexOf(`id: ${number}\n`)
  return at === -1 ? text.length : at
}

describe('a reader that waits is told', () => {
  test('once of an event, a heartbeat and the end, like all that wait', async () => {
    const { log } = open()
    const waiting = () => Promise.all([log.changed(), log.changed()])
    const event = waiting()
    append(log, 1)
    expect(await event).toEqual(['event', 'event'])
    const heartbeat = waiting()
    log.heartbeat()
    expect(await heartbeat).toEqual(['heartbeat', 'heartbeat'])
    const end = waiting()
    log.end('done', [{ data: '[DONE]' }], 5000)
    expect(await end).toEqual(['event', 'event'])
    expect(log.ended).toBe(true)
  })

  test('of an event only when the event can be read', async () => {
    const { log } = open()
    const seen: number[] = []
    for (let count = 0; count < 2 * ROW; count++) {
      const changed = log.changed().then(() => seen.push(log.read(log.last - 1)?.last ?? 0))
      append(log, 1)
      await changed
    }
    expect(seen).toEqual(seen.map((_, index) => index + 1))
  })
})

describe('the end', () => {
  test('is journalled with what came before it, and can be read after it', () => {
    const { log, journal, stream } = open()
    append(log, ROW + 2)
    log.end('stopped', [{ data: '{"last":true}' }, { data: '[DONE]' }], 5000)
    const { last } = log
    const text =
      textFrom(0, last - 2) + numberedEvent(last - 1, '{"last":true}') + numberedEvent(last, '[DONE]')
    expect(log).toMatchObject({ last: ROW + 4, ended: true, bytes: Buffer.byteLength(text) })
    const known = journal.byId(stream.id)
    expect(known).toMatchObject({ state: 'stopped', last })
    const kept = known && endedLog(journal, known)
    expect(kept).toMatchObject({ last, ended: true })
    for (let after = 0; after <= last; after++) {
      const rest = text.slice(startOf(text, after + 1))
      expect(readAll(log, after)).toBe(rest)
      expect(kept && readAll(kept, after)).toBe(rest)
    }
  })

  test('is the last that is written, though the clock ticks once more and events were provisional', () => {
    const { journal, stream } = openStream()
    const provisional = { count: 2, mask: (data: string) => data }
    const log = runningLog(journal, stream, { provisional })
    append(log, 4)
    log.end('done', [{ data: '[DONE]' }], 5000)
    log.flush()
    expect(journal.byId(stream.id)?.last).toBe(5)
  })

  test.each([/^INSERT INTO packs/, /^UPDATE streams/])(
    'that can not be journalled has not happened: %s',
    (like) => {
      const { log, sql, journal, stream } = open()
      append(log, 3)
      const closing = Array.from({ length: ROW }, (_, at) => ({ data: dataAt(4 + at) }))
      sql.fails = failAt(like)
      const end = () => log.end('done', [...closing, { data: '[DONE]' }], 5000)
      expect(end).toThrow('disk I/O error')
      expect(log).toMatchObject({ ended: false, last: 3 })
      expect(readAll(log)).toBe(textFrom(0, 3))
      sql.fails = undefined
      expect(journal.byId(stream.id)).toMatchObject({ state: 'running', last: 0 })
      end()
      expect(readAll(log)).toBe(textFrom(0, 3 + ROW) + numberedEvent(4 + ROW, '[DONE]'))
    },
  )
})

describe('after a restart the end is new to each reader', () => {
  test('the end is numbered above every event, whatever a reader had and whatever was journalled', () => {
    const { journal, stream } = openStream()
    const provisional = { count: Number.POSITIVE_INFINITY, mask: (data: string) => data }
    const log = runningLog(journal, stream, { provisional })
    const fill = () => {
      for (;;) log.append({ data: '1' })
    }
    expect(fill).toThrow()
    expect(journal.byId(stream.id)?.last).toBe(0)
    expect(interruptedEnd([{ data: '{}' }]).last).toBeGreaterThan(log.last)
  })

  test('the end is all that follows the journalled events', () => {
    const { log, journal, stream } = open()
    append(log, ROW + 5)
    const kept = journal.byId(stream.id) ?? stream
    expect(kept.last).toBe(ROW)
    const end = interruptedEnd([{ data: '{"end":1}' }])
    journal.end(stream.serial, { full: [end], state: 'interrupted', expires: 5000 })
    const after = endedLog(journal, { ...kept, last: end.last })
    const event = numberedEvent(end.last, '{"end":1}')
    for (const had of [...Array(2 * log.last).keys(), MAX_STREAM_EVENTS]) {
      expect(readAll(after, had)).toBe(textFrom(Math.min(had, kept.last), kept.last) + event)
    }
    expect(readAll(after, end.last)).toBe('')
  })
})

describe('a stream is bounded', () => {
  const errorOf = (work: () => void): ApiError => {
    try {
      work()
    } catch (error) {
      return error as ApiError
    }
    throw new Error('Nothing was thrown.')
  }

  test('in the number of its events', () => {
    const { log } = open()
    for (let i = 0; i < MAX_STREAM_EVENTS; i++) log.append({ data: '1' })
    expect(errorOf(() => log.append({ data: '1' })).code).toBe('stream_too_long')
    expect(log.last).toBe(MAX_STREAM_EVENTS)
    log.end('failed', [{ data: '{}' }], 5000)
    expect(readAll(log, MAX_STREAM_EVENTS - 1)).toBe(
      numberedEvent(MAX_STREAM_EVENTS, '1') + numberedEvent(MAX_STREAM_EVENTS + 1, '{}'),
    )
  })

  test('in the number of its bytes', () => {
    const { log } = open()
    const data = 'é'.repeat(MAX_EVENT_BYTES / 2 - 50)
    const error = errorOf(() => {
      for (;;) log.append({ data })
    })
    expect(error.code).toBe('stream_too_long')
    expect(log.bytes).toBeLessThanOrEqual(MAX_STREAM_BYTES)
    expect(log.bytes).toBeGreaterThan(MAX_STREAM_BYTES - 2 * MAX_EVENT_BYTES)
  })

  test('in the size of each event in bytes, because a row has to hold it', () => {
    const { log, sql } = open()
    append(log, 3)
    for (const data of ['█'.repeat(MAX_EVENT_BYTES), '\n'.repeat(MAX_EVENT_BYTES / 2)]) {
      expect(errorOf(() => log.append({ data })).code).toBe('stream_too_long')
    }
    log.append({ data: '█'.repeat(MAX_EVENT_BYTES / 3 - 10) })
    log.end('failed', [{ data: '{}' }], 5000)
    const rows = sql.rows('SELECT LENGTH(bytes) AS size FROM packs').map(({ size }) => Number(size))
    expect(Math.max(...rows)).toBeLessThan(MAX_EVENT_BYTES + MAX_PACK_BYTES)
    expect(log.last).toBe(5)
  })

  test('by its exact size in bytes', () => {
    const { log } = open()
    append(log, 20)
    expect(log.bytes).toBe(Array.from({ length: 20 }, (_, i) => bytesAt(i + 1)).reduce((a, b) => a + b))
  })
})
