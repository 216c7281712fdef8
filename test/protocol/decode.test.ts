import { expect, test } from 'vitest'
import { MAX_EVENT_BYTES } from '../../worker/limits.ts'
import { toBytes } from '../../worker/protocol/encode.ts'
import { eventsOf, splits } from '../support/events.ts'

const cases: [name: string, stream: string, events: object[]][] = [
  ['line feeds', 'data: a\n\ndata: b\n\n', [{ data: 'a' }, { data: 'b' }]],
  ['CRLF', 'data: a\r\n\r\ndata: b\r\n\r\n', [{ data: 'a' }, { data: 'b' }]],
  ['carriage returns', 'data: a\r\rdata: b\r\r', [{ data: 'a' }, { data: 'b' }]],
  ['a byte order mark', '\uFEFFdata: a\n\n', [{ data: 'a' }]],
  [
    'comments and fields',
    ': PROCESSING\n\nid: 7\nevent: e\nretry: 3\ndata: a\n\n',
    [{ data: 'a', id: '7', event: 'e' }],
  ],
  ['several data lines', 'data: {\ndata: }\n\n', [{ data: '{\n}' }]],
  ['no space', 'data:a\n\n', [{ data: 'a' }]],
  ['characters of 2, 3 and 4 bytes', 'data: é€🎉\n\n', [{ data: 'é€🎉' }]],
  ['an event that never closed', 'data: a\n\ndata: b', [{ data: 'a' }]],
]

test.each(cases)('%s, at every split', async (_, stream, events) => {
  for (const parts of splits(toBytes(stream))) expect(await eventsOf(parts)).toMatchObject(events)
})

test('an event of 64 KB passes whole, one without end errors', async () => {
  const data = 'x'.repeat(65_536)
  expect(await eventsOf([toBytes(`data: ${data}\n\n`)])).toMatchObject([{ data }])
  const half = toBytes(`data: ${'x'.repeat(MAX_EVENT_BYTES)}`)
  await expect(eventsOf([half, half])).rejects.toThrow()
})
