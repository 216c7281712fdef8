import { describe, expect, test } from 'vitest'
import { readCursor, readIdempotencyKey } from '../../worker/admission/stream.ts'

const asked = (headers: Record<string, string> = {}, query = '') =>
  new Request(`http://localhost/v1/streams/str_1${query}`, { headers })

describe('a reader continues', () => {
  test.each<[string, Request, number]>([
    ['at the beginning, where it says nothing', asked(), 0],
    ['after its last event', asked({ 'last-event-id': '17' }), 17],
    ['after the one that the address names', asked({}, '?after=17'), 17],
    ['at its own place, where the address has another', asked({ 'last-event-id': '17' }, '?after=3'), 17],
    ['at the beginning, where it says so', asked({ 'last-event-id': '0' }, '?after=3'), 0],
    ['after a large one', asked({}, '?after=999999999999999'), 999_999_999_999_999],
    ['after one with zeros before it', asked({}, '?after=007'), 7],
    ['after one with space around it, which is no part of a header', asked({ 'last-event-id': ' 17 ' }), 17],
  ])('%s', (_, request, cursor) => {
    expect(readCursor(request)).toBe(cursor)
  })

  const HOSTILE = [
    '-1',
    '+1',
    '1.0',
    '1e3',
    '0x10',
    'Infinity',
    'NaN',
    'last',
    '1,2',
    '1 2',
    "1' OR '1'='1",
    '9'.repeat(16),
    '1'.repeat(10_240),
  ]

  test.each(HOSTILE.map((text) => [text.slice(0, 20), text]))('nowhere: %s is no place', (_, text) => {
    for (const request of [
      asked({ 'last-event-id': text }),
      asked({}, `?after=${encodeURIComponent(text)}`),
    ]) {
      expect(readCursor(request)).toMatchObject({ code: 'invalid_cursor', status: 400 })
    }
  })

  test.each(['?after=', '?after=%0A1', '?after=1%0A', '?after=%D9%A1', '?after=x&after=1', '?after=1%00'])(
    'nowhere: %s is no place, and never the beginning by mistake',
    (query) => {
      expect(readCursor(asked({}, query))).toMatchObject({ code: 'invalid_cursor' })
    },
  )

  test('nowhere with an empty header, whatever the address says', () => {
    expect(readCursor(asked({ 'last-event-id': '' }, '?after=1'))).toMatchObject({ code: 'invalid_cursor' })
  })
})

describe('an idempotency key', () => {
  const keyed = (key: string) => readIdempotencyKey(asked({ 'idempotency-key': key }))

  test('is absent without its header', () => expect(readIdempotencyKey(asked())).toBeUndefined())

  test.each(['k', '3f0f3b6c-8a1e-4b0e', '!"#$%~', '~'.repeat(255)])('can be %s', (key) => {
    expect(keyed(key)).toBe(key)
  })

  test.each(['', 'two words', 'tab\there', 'ü', '~'.repeat(256)])('can’t be %j', (key) => {
    expect(keyed(key)).toMatchObject({ code: 'invalid_idempotency_key', status: 400 })
  })
})
