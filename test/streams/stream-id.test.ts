import { expect, test } from 'vitest'
import { formatOf, isStreamId, newStreamId, serialOf } from '../../worker/streams/stream-id.ts'

test.each([
  ['chat-completions', 'str_'],
  ['responses', 'resp_'],
] as const)(
  'an id of %s has its serial, is different each time, and can stand in an address',
  (format, prefix) => {
    const ids = Array.from({ length: 1000 }, () => newStreamId(format, 35))
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) {
      expect(id).toMatch(new RegExp(`^${prefix}[A-Za-z0-9_-]{23}$`))
      expect([isStreamId(id, format), formatOf(id), serialOf(id)]).toEqual([true, format, 35])
    }
    for (const serial of [1, 36, 10_000, 2 ** 33]) expect(serialOf(newStreamId(format, serial))).toBe(serial)
  },
)

test('an id of an earlier release has no serial', () => {
  const id = `str_${'A'.repeat(22)}`
  expect([isStreamId(id, 'chat-completions'), serialOf(id)]).toEqual([true, undefined])
})

test('a stream id has 128 random bits: none of them is the same in all', () => {
  const ids = Array.from({ length: 200 }, () => newStreamId('chat-completions', 1).slice('str_'.length, -1))
  const bytes = ids.map((id) => Buffer.from(id, 'base64url'))
  expect(new Set(bytes.map(({ length }) => length))).toEqual(new Set([16]))
  for (let bit = 0; bit < 128; bit++) {
    const values = new Set(bytes.map((id) => ((id[bit >> 3] ?? 0) >> (bit & 7)) & 1))
    expect([bit, values.size]).toEqual([bit, 2])
  }
})

const OTHER = 'A'.repeat(22)

test.each([
  '',
  'str_',
  `str_${'A'.repeat(21)}`,
  `str_${'A'.repeat(23)}`,
  `str_${'a'.repeat(31)}`,
  OTHER,
  `STR_${OTHER}`,
  `str_${OTHER}\n`,
])('%j is no stream id', (text) => expect(isStreamId(text, 'chat-completions')).toBe(false))

test.each(['/', '%', '.', ' ', '+', '=', 'ü', "'", '\0'])(
  'an id with a %j in it is no stream id',
  (character) => {
    expect(isStreamId(`str_${'A'.repeat(21)}${character}`, 'chat-completions')).toBe(false)
  },
)
