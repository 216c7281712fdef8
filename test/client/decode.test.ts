import { expect, test } from 'vitest'
import { ChatError } from '../../client/stream/chat-error.ts'
import { decodeEvents, MAX_EVENT_BYTES } from '../../client/stream/decode.ts'
import { splits } from '../support/events.ts'
import { bodyOf, bytes } from './bodies.ts'

const CASES: [name: string, wire: string, events: [event: string | undefined, data: string][]][] = [
  [
    'line feeds',
    'data: a\n\ndata: b\n\n',
    [
      [undefined, 'a'],
      [undefined, 'b'],
    ],
  ],
  [
    'CRLF',
    'data: a\r\n\r\ndata: b\r\n\r\n',
    [
      [undefined, 'a'],
      [undefined, 'b'],
    ],
  ],
  // The last carriage return is followed by a line feed, as at the end of a body it can't be told from half a CRLF.
  [
    'carriage returns',
    'data: a\r\rdata: b\r\n\r\n',
    [
      [undefined, 'a'],
      [undefined, 'b'],
    ],
  ],
  ['a byte order mark', '\uFEFFdata: a\n\n', [[undefined, 'a']]],
  ['comments', ': OPENROUTER PROCESSING\n\n:\n\ndata: a\n:beat\n\n', [[undefined, 'a']]],
  ['a named event', 'event: error\ndata: a\n\n', [['error', 'a']]],
  ['several data lines', 'data: a\ndata:b\ndata\n\n', [[undefined, 'a\nb\n']]],
  ['ids, retry and unknown fields', 'id: 7\nretry: x\nfoo: bar\nretry: 10\ndata: a\n\n', [[undefined, 'a']]],
  ['characters of 2, 3 and 4 bytes', 'data: é水🎉👩‍👩‍👧\n\n', [[undefined, 'é水🎉👩‍👩‍👧']]],
  ['an event without its blank line', 'data: a\n\ndata: b\n', [[undefined, 'a']]],
  ['nothing', '', []],
]

test.each(CASES)('events are read from %s, at every split', async (_name, wire, expected) => {
  for (const parts of splits(bytes(wire))) {
    const seen = await Array.fromAsync(decodeEvents(bodyOf(parts).body))
    expect(seen.map(({ event, data }) => [event, data])).toEqual(expected)
  }
})

test('an id is given with its event, and with no other', async () => {
  const wire = 'id: 7\ndata: a\n\ndata: b\n\nid: 9\n\n'
  const seen = await Array.fromAsync(decodeEvents(bodyOf([bytes(wire)]).body))
  expect(seen.map(({ id }) => id)).toEqual(['7', undefined])
})

test('an event is given before the next bytes are asked for', async () => {
  const { body } = bodyOf([bytes('data: a\n\n')], 'open')
  expect(await decodeEvents(body).next()).toMatchObject({ value: { data: 'a' } })
})

test('a line that never ends does not grow without bound', async () => {
  const piece = bytes('x'.repeat(64 * 1024))
  const { body, observed } = bodyOf(
    [bytes('data: a\n\ndata: '), ...Array<Uint8Array>(MAX_EVENT_BYTES / piece.length + 1).fill(piece)],
    'open',
  )
  const events = decodeEvents(body)
  expect(await events.next()).toMatchObject({ value: { data: 'a' } })
  await expect(events.next()).rejects.toSatisfy(
    (error) => error instanceof ChatError && error.code === 'event_too_large',
  )
  expect(observed.cancelled).toBe(true)
})

test('an event of many lines is bounded too', async () => {
  const line = bytes(`data: ${'x'.repeat(1024)}\n`)
  const { body } = bodyOf(Array<Uint8Array>(MAX_EVENT_BYTES / 1024 + 2).fill(line), 'open')
  await expect(decodeEvents(body).next()).rejects.toMatchObject({ code: 'event_too_large' })
})

test('a comment is skipped however long it is', async () => {
  const piece = bytes('x'.repeat(64 * 1024))
  const { body } = bodyOf([bytes(':'), ...Array<Uint8Array>(40).fill(piece), bytes('\n\ndata: a\n\n')])
  expect(await Array.fromAsync(decodeEvents(body))).toMatchObject([{ data: 'a' }])
})

test('leaving early cancels the body', async () => {
  const { body, observed } = bodyOf([bytes('data: a\n\ndata: b\n\n')], 'open')
  for await (const { data } of decodeEvents(body)) {
    expect(data).toBe('a')
    break
  }
  expect(observed.cancelled).toBe(true)
})

test('a body that fails gives its events, and then its failure', async () => {
  const { body } = bodyOf([bytes('data: a\n\n')], 'reset')
  const events = decodeEvents(body)
  expect(await events.next()).toMatchObject({ value: { data: 'a' } })
  await expect(events.next()).rejects.toThrow('terminated')
})
