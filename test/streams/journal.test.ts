import { beforeEach, describe, expect, test } from 'vitest'
import { MAX_EVENT_BYTES, MAX_WRITE_BYTES } from '../../worker/limits.ts'
import { createJournal, type Ending, type KeptStream } from '../../worker/streams/journal.ts'
import { failAt } from '../support/sqlite.ts'
import { type Kept, newStream, openJournal, readAll, rowsIn, textOf, toPack } from './kept.ts'
import { numberedEvent } from './reading.ts'

/** Each way to cut a list into runs. */
function* layouts<T>(list: readonly T[]): Generator<T[][]> {
  for (let cuts = 0; cuts < 2 ** (list.length - 1); cuts++) {
    const runs: T[][] = [[]]
    for (const [index, one] of list.entries()) {
      if (index > 0 && (cuts >> (index - 1)) & 1) runs.push([])
      runs.at(-1)?.push(one)
    }
    yield runs
  }
}

describe('the journal reads what was written', () => {
  const DATA = ['{"a":1}', 'é€🎉', 'two\nlines', '', '\n', '[DONE]']
  const EVENTS = DATA.map((data, index) => numberedEvent(index + 1, data))

  test('from every cursor, at every layout of rows, to the byte', () => {
    const { journal } = openJournal()
    for (const layout of layouts(EVENTS)) {
      const stream = journal.begin(newStream())
      let first = 1
      for (const [index, run] of layout.entries()) {
        // As it fills: the last one is never full.
        for (let count = 1; count <= run.length; count++) {
          journal.writeOpen(stream.serial, toPack(first, run.slice(0, count)))
        }
        if (index < layout.length - 1) journal.write(stream.serial, toPack(first, run))
        first += run.length
      }
      expect(journal.byId(stream.id)?.last).toBe(EVENTS.length)
      for (let after = 0; after <= EVENTS.length; after++) {
        const read = { read: (from: number) => journal.read(stream, from) }
        expect(readAll(read, after)).toBe(EVENTS.slice(after).join(''))
      }
    }
  })

  test('in one part, if one write can hold it', () => {
    const { journal } = openJournal()
    const stream = journal.begin(newStream())
    EVENTS.forEach((event, index) => {
      journal.write(stream.serial, toPack(index + 1, [event]))
    })
    const part = journal.read(stream, 2)
    expect([textOf([part?.bytes ?? new Uint8Array()]), part?.last]).toEqual([
      EVENTS.slice(2).join(''),
      EVENTS.length,
    ])
    expect(journal.read(stream, EVENTS.length)).toBeUndefined()
  })

  test('in several parts, if it is more: each at most one event above what a write holds', () => {
    const { journal } = openJournal()
    const stream = journal.begin(newStream())
    const events = Array.from({ length: 7 }, (_, i) => numberedEvent(i + 1, 'x'.repeat(MAX_EVENT_BYTES / 2)))
    events.forEach((event, index) => {
      journal.write(stream.serial, toPack(index + 1, [event]))
    })
    const sizes: number[] = []
    for (let part = journal.read(stream, 0); part !== undefined; part = journal.read(stream, part.last)) {
      sizes.push(part.bytes.length)
    }
    expect(sizes.length).toBeGreaterThan(1)
    expect(Math.max(...sizes)).toBeLessThan(MAX_WRITE_BYTES + MAX_EVENT_BYTES)
    expect(sizes.reduce((sum, size) => sum + size)).toBe(events.join('').length)
  })

  test('after a restart of the object', () => {
    const { journal, sql } = openJournal()
    const stream = newStream({ idempotencyKey: 'k', requestHash: 'h' })
    const begun = journal.begin(stream)
    journal.write(begun.serial, toPack(1, EVENTS))
    const again = createJournal(sql)
    expect(again.kept).toBe(1)
    expect(again.byId(stream.id)).toEqual(journal.byId(stream.id))
    expect(readAll({ read: (after) => again.read(begun, after) })).toBe(EVENTS.join(''))
  })
})

const ending = (number: number, expires = 5000): Ending => ({
  full: [toPack(number, [`id: ${number}\ndata: [DONE]\n\n`])],
  state: 'done',
  expires,
})

describe('each stream has its own events', () => {
  test('at the edges of their numbers too', () => {
    const { journal } = openJournal()
    const most = 2 ** 20 - 1
    const [before, one, next] = [1, 2, 3].map(() => journal.begin(newStream())) as [
      KeptStream,
      KeptStream,
      KeptStream,
    ]
    for (const { serial } of [before, one, next]) {
      journal.write(serial, toPack(1, [numberedEvent(1, `first of ${serial}`)]))
      journal.write(serial, toPack(most, [numberedEvent(most, `last of ${serial}`)]))
    }
    const all = (stream: KeptStream) => readAll({ read: (after) => journal.read(stream, after) })
    const expected = ({ serial }: KeptStream) =>
      numberedEvent(1, `first of ${serial}`) + numberedEvent(most, `last of ${serial}`)
    for (const stream of [before, one, next]) expect(all(stream)).toBe(expected(stream))
    expect(journal.running().map(({ last }) => last)).toEqual([most, most, most])
    journal.forget(one.serial)
    expect(all(one)).toBe('')
    for (const stream of [before, next]) expect(all(stream)).toBe(expected(stream))
  })

  test('a serial is not given twice while its stream is kept, also by the next start of the object', () => {
    const { journal, sql } = openJournal()
    const take = () => journal.begin(newStream({ serial: journal.takeSerial() })).serial
    const [first, second] = [take(), take()]
    journal.forget(first)
    expect([first, second]).not.toContain(journal.takeSerial())
    expect([first, second]).not.toContain(createJournal(sql).takeSerial())
  })
})

describe('a stream', () => {
  test('is found by its id and by its key, as it was begun', () => {
    const { journal } = openJournal()
    const stream = newStream({ idempotencyKey: 'key', requestHash: 'hash' })
    const { idempotencyKey: _, ...known } = stream
    const begun = journal.begin(stream)
    expect(begun).toEqual({ ...known, state: 'running', last: 0 })
    expect(journal.byId(stream.id)).toEqual(begun)
    expect(journal.byKey('key')).toEqual(begun)
    expect([journal.byId('str_unknown'), journal.byKey('unknown')]).toEqual([undefined, undefined])
  })

  test('whose key is known already is not begun', () => {
    const { journal } = openJournal()
    journal.begin(newStream({ idempotencyKey: 'key' }))
    expect(() => journal.begin(newStream({ idempotencyKey: 'key' }))).toThrow()
    expect(journal.kept).toBe(1)
  })

  test('runs until it has ended', () => {
    const { journal } = openJournal()
    const [first, second] = [journal.begin(newStream()), journal.begin(newStream())]
    expect(journal.running()).toEqual([first, second])
    journal.end(first.serial, ending(1))
    expect(journal.running()).toEqual([second])
    expect(journal.byId(first.id)).toEqual({ ...first, state: 'done', last: 1 })
  })

  test.each([
    ['its last events', /^INSERT INTO packs/],
    ['its state', /^UPDATE streams/],
  ])('ends with its events and its state, or not at all: %s can not be written', (_, like) => {
    const { journal, sql } = openJournal()
    const stream = journal.begin(newStream())
    journal.write(stream.serial, toPack(1, ['id: 1\ndata: a\n\n']))
    sql.fails = failAt(like)
    const end = () => journal.end(stream.serial, ending(2))
    expect(end).toThrow('disk I/O error')
    sql.fails = undefined
    expect(journal.byId(stream.id)).toEqual({ ...stream, last: 1 })
    end()
    expect(journal.byId(stream.id)).toEqual({ ...stream, state: 'done', last: 2 })
  })
})

describe('an expired stream is removed', () => {
  let kept: Kept
  beforeEach(() => {
    kept = openJournal()
  })

  const end = (expires: number) => {
    const { journal } = kept
    const stream = journal.begin(newStream({ idempotencyKey: crypto.randomUUID() }))
    journal.end(stream.serial, ending(1, expires))
    return stream
  }

  test('with all its rows; later and running streams stay', () => {
    const { journal, sql } = kept
    const running = journal.begin(newStream())
    const [sooner, later] = [end(5000), end(6000)]
    journal.expire(4999)
    expect([journal.kept, journal.dueAt()]).toEqual([3, 5000])
    journal.expire(5000)
    expect(journal.dueAt()).toBe(6000)
    expect(journal.byId(sooner.id)).toBeUndefined()
    expect(journal.read(sooner, 0)).toBeUndefined()
    expect(journal.byId(later.id)).toBeDefined()
    journal.expire(1e15)
    expect(journal.dueAt()).toBeUndefined()
    expect(journal.byId(running.id)).toEqual(running)
    expect([journal.kept, rowsIn(sql, 'streams'), rowsIn(sql, 'packs')]).toEqual([1, 1, 0])
  })

  test('together with all other expired ones, or none if that fails', () => {
    const { journal, sql } = kept
    end(5000)
    end(5000)
    sql.fails = failAt(/^DELETE FROM streams/)
    expect(() => journal.expire(5000)).toThrow()
    sql.fails = undefined
    expect(journal.kept).toBe(2)
    expect([rowsIn(sql, 'streams'), rowsIn(sql, 'packs')]).toEqual([2, 2])
  })
})

test('a forgotten stream leaves no id, no key and no events', () => {
  const { journal, sql } = openJournal()
  const stream = newStream({ idempotencyKey: 'key' })
  const begun = journal.begin(stream)
  journal.write(begun.serial, toPack(1, ['id: 1\ndata: a\n\n']))
  journal.forget(begun.serial)
  expect([journal.byId(stream.id), journal.byKey('key'), journal.read(begun, 0)]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
  expect([journal.kept, rowsIn(sql, 'streams'), rowsIn(sql, 'packs')]).toEqual([0, 0, 0])
  journal.begin(newStream({ idempotencyKey: 'key' }))
})
