/** Ids of durable answers: what they say, and that nobody else can make them. */
import { describe, expect, test } from 'vitest'
import {
  formatOf,
  isStreamId,
  newStreamId,
  readStreamId,
  type StreamPlace,
  shardOf,
} from '../../worker/streams/stream-id.ts'
import { testTags } from './test-ids.ts'

const mine = testTags('key:mine')
const PLACE: StreamPlace = { format: 'chat-completions', shard: 3, serial: 17 }
const newId = (place: Partial<StreamPlace> = {}) => newStreamId({ ...PLACE, ...place }, mine)

test.each<StreamPlace>([
  PLACE,
  { format: 'responses', shard: 0, serial: 1 },
  { format: 'chat-completions', shard: 31, serial: 2 ** 32 - 1 },
  { format: 'responses', shard: 255, serial: 2 ** 32 },
  { format: 'chat-completions', shard: 1, serial: 2 ** 40 - 1 },
])('an id says where its answer is: %j', (place) => {
  const id = newId(place)
  expect(readStreamId(id)).toEqual(place)
  expect([isStreamId(id, place.format), formatOf(id)]).toEqual([true, place.format])
  expect(shardOf(id, mine)).toBe(place.shard)
})

test('each id is different, and can stand in an address', () => {
  const ids = Array.from({ length: 10_000 }, () => newId())
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids) expect(id).toMatch(/^str_[A-Za-z0-9_-]{24}[0-9a-f]{32}$/)
})

test('an id has 144 random bits: none of them is the same in all', () => {
  const bytes = Array.from({ length: 200 }, () => Buffer.from(newId().slice(4, 28), 'base64url'))
  for (let bit = 0; bit < 144; bit++) {
    const values = new Set(bytes.map((id) => ((id[bit >> 3] ?? 0) >> (bit & 7)) & 1))
    expect([bit, values.size]).toEqual([bit, 2])
  }
})

test('the tag is of this id and of this caller: with any other character it is worth nothing', () => {
  const id = newId()
  expect(shardOf(id, testTags('key:other'))).toBeUndefined()
  for (let at = 'str_'.length; at < id.length; at++) {
    const forged = `${id.slice(0, at)}${id[at] === '0' ? '1' : '0'}${id.slice(at + 1)}`
    expect([at, shardOf(forged, mine)]).toEqual([at, undefined])
  }
  expect(shardOf(id.replace('str_', 'resp_'), mine)).toBeUndefined()
})

test.each(['', `str_${'A'.repeat(22)}`, `resp_${'0'.repeat(48)}`, 'chatcmpl-1', newId().slice(0, -1)])(
  'what was not made in this form, %j, can only be in the caller’s own object',
  (id) => expect(shardOf(id, mine)).toBe(0),
)

const EARLIER = `str_${'A'.repeat(22)}`

test('an id of an earlier release is one, and says nothing of a place', () => {
  expect(isStreamId(EARLIER, 'chat-completions')).toBe(true)
  expect(isStreamId(EARLIER, 'responses')).toBe(false)
  expect(readStreamId(EARLIER)).toBeUndefined()
})

describe.each([
  ['an earlier one', EARLIER],
  ['one of today', newId()],
])('what is almost %s is none', (_, id) => {
  test.each([
    '',
    'str_',
    id.slice(0, -1),
    `${id}0`,
    id.slice('str_'.length),
    id.toUpperCase(),
    `${id}\n`,
    ...['/', '%', '.', ' ', '+', '=', 'ü', "'", '\0'].map((character) => id.slice(0, -1) + character),
  ])('%j', (text) => {
    expect(isStreamId(text, 'chat-completions')).toBe(false)
    expect(readStreamId(text)).toBeUndefined()
  })
})
