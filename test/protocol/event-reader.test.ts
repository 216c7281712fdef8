import { describe, expect, test } from 'vitest'
import { toBytes } from '../../worker/protocol/encode.ts'
import { createEventReader, type Frame } from '../../worker/protocol/event-reader.ts'
import { quickestOfFive } from '../support/cpu-time.ts'
import { splits } from '../support/events.ts'

const MAX_BYTES = 200

function read(parts: Iterable<Uint8Array>) {
  const reader = createEventReader(MAX_BYTES)
  const frames: Frame[] = []
  for (const part of parts) frames.push(...reader.push(part))
  return {
    frames,
    events: frames.flatMap(({ event }) => event ?? []),
    bytes: Buffer.concat(frames.map(({ bytes }) => bytes)).toString(),
    unfinished: reader.unfinished(),
  }
}

const A_B = [{ data: 'a' }, { data: 'b' }]

describe('events are read, and all their bytes kept, at every split', () => {
  test.each<[string, string, object[]]>([
    ['line feeds', 'data: a\n\ndata: b\n\n', A_B],
    ['CRLF', 'data: a\r\n\r\ndata: b\r\n\r\n', A_B],
    ['carriage returns', 'data: a\r\rdata: b\r\r', A_B],
    ['line ends of all kinds', 'data: a\r\n\ndata: b\n\r\ndata: c\r\r\n', [...A_B, { data: 'c' }]],
    ['a byte order mark', '\uFEFFdata: a\n\n', [{ data: 'a' }]],
    ['comments and blank lines', ': PROCESSING\n\n\n\ndata: a\n\n: c\n\n', [{ data: 'a' }]],
    ['other fields', 'id: 7\nevent: e\nretry: 3\ndata: a\n\n', [{ data: 'a', id: '7', event: 'e' }]],
    ['several data lines', 'data: {\ndata: }\n\n', [{ data: '{\n}' }]],
    ['no space', 'data:a\n\n', [{ data: 'a' }]],
    ['characters of 2, 3 and 4 bytes', 'data: é€🎉\n\n', [{ data: 'é€🎉' }]],
  ])('with %s', (_, stream, events) => {
    for (const parts of splits(toBytes(stream))) {
      const came = read(parts)
      expect(came.events).toMatchObject(events)
      expect(came.events).toHaveLength(events.length)
      // After a carriage return that closes a frame, the line feed of a CRLF may be left over.
      expect(came.bytes + came.unfinished).toBe(stream)
      expect(came.unfinished).toMatch(/^\n?$/)
    }
  })
})

test('each frame has the bytes of its own event', () => {
  const frames = [': c\r\n\r\n', 'id: 1\r\ndata: a\r\n\r\n', 'data: b\r\n\r\n']
  const came = read([toBytes(frames.join(''))])
  expect(came.frames.map(({ bytes }) => new TextDecoder().decode(bytes))).toEqual(frames)
  expect(came.frames.map(({ event }) => event?.data)).toEqual([undefined, 'a', 'b'])
})

test('a cut-off event is returned as unfinished, at every split', () => {
  for (const parts of splits(toBytes('data: a\n\nid: 2\ndata: é'))) {
    expect(read(parts)).toMatchObject({ events: [{ data: 'a' }], unfinished: 'id: 2\ndata: é' })
  }
})

describe('an event above the bound', () => {
  const large = `data: ${'x'.repeat(MAX_BYTES)}`

  test.each([
    ['line feeds', '\n\n'],
    ['CRLF', '\r\n\r\n'],
    ['carriage returns', '\r\r'],
  ])('comes in pieces that are not parsed, and what follows is parsed: %s, at every split', (_, end) => {
    for (const parts of splits(toBytes(`data: a${end}${large}${end}data: b${end}`))) {
      const came = read(parts)
      expect(came.events).toMatchObject(A_B)
      expect(came.events).toHaveLength(2)
      expect(came.frames.some(({ tooLarge }) => tooLarge)).toBe(true)
      const pieces = came.frames.filter(({ tooLarge }) => tooLarge).map(({ bytes }) => bytes)
      expect(Buffer.concat(pieces).toString().trim()).toBe(large)
      expect(came.bytes + came.unfinished).toBe(`data: a${end}${large}${end}data: b${end}`)
    }
  })

  test('is passed on as it comes, and is never unfinished', () => {
    const reader = createEventReader(MAX_BYTES)
    reader.push(toBytes(large))
    const [piece, ...more] = reader.push(toBytes('more'))
    expect(piece).toMatchObject({ tooLarge: true, bytes: toBytes('more'), event: undefined })
    expect(more).toEqual([])
    expect(reader.unfinished()).toBe('')
  })

  test('has at least one byte more than the bound', () => {
    const frame = (bytes: number) => toBytes(`data: ${'x'.repeat(bytes - 'data: \n\n'.length)}\n\n`)
    expect(read([frame(MAX_BYTES)]).frames).toMatchObject([{ tooLarge: false }])
    expect(read([frame(MAX_BYTES + 1)]).frames).toMatchObject([{ tooLarge: true, event: undefined }])
  })
})

test('scanning an unfinished event takes linear time, however much is held', () => {
  const part = toBytes('x'.repeat(64))
  const reader = createEventReader(Number.POSITIVE_INFINITY)
  const time = () =>
    quickestOfFive(() => {
      for (let i = 0; i < 2_000; i++) reader.push(part)
    })
  time()
  const early = time()
  for (let i = 0; i < 200_000; i++) reader.push(part)
  // With ten times as much held.
  expect(time()).toBeLessThan(5 * Math.max(1, early))
})
