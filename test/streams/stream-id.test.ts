import { expect, test } from 'vitest'
import { isStreamId, newStreamId } from '../../worker/streams/stream-id.ts'

test('each stream id is different, and can stand in an address', () => {
  const ids = Array.from({ length: 10_000 }, () => newStreamId('chat-completions'))
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids) {
    expect(id).toMatch(/^str_[A-Za-z0-9_-]{22}$/)
    expect(isStreamId(id, 'chat-completions')).toBe(true)
  }
})

test('a stream id has 128 random bits: none of them is the same in all', () => {
  const ids = Array.from({ length: 200 }, () => newStreamId('chat-completions').slice('str_'.length))
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
