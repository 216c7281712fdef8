import { expect, test } from 'vitest'
import { MAX_EVENT_BYTES } from '../../worker/limits.ts'
import { toBytes } from '../../worker/protocol/encode.ts'
import { bytesOfFrames, eventsOfFrames, frames } from '../../worker/protocol/frames.ts'
import { eventsOf, splits, streamOf } from '../support/events.ts'

const streams = [
  'data: a\n\ndata: b\n\n',
  'data: a\r\n\r\ndata: b\r\n\r\n',
  'data: a\r\rdata: b\r\r',
  '\uFEFFdata: a\n\n: comment\n\n\n\nid: 7\nevent: e\ndata: {\ndata: é€🎉}\n\n',
  'data: a\r\n\ndata: b\n\r\ndata: c\r\r\n',
]

test.each(streams)('%j keeps its bytes and has its events, at every split', async (stream) => {
  const bytes = toBytes(stream)
  const events = await eventsOf([bytes])
  for (const parts of splits(bytes)) {
    const out = await Array.fromAsync(streamOf(parts).pipeThrough(frames()).pipeThrough(bytesOfFrames()))
    const text = out.map((part) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(part)).join('')
    expect(text).toBe(stream)
    expect(
      await Array.fromAsync(streamOf(parts).pipeThrough(frames()).pipeThrough(eventsOfFrames())),
    ).toEqual(events)
  }
})

test('[DONE] without its blank line gets one', async () => {
  const out = await Array.fromAsync(streamOf([toBytes('data: [DONE]\n')]).pipeThrough(frames()))
  expect(out.map(({ event }) => event)).toEqual([{ data: '[DONE]' }])
})

test('an event that never closes is dropped, one without end errors', async () => {
  const read = (parts: Uint8Array[]) => Array.fromAsync(streamOf(parts).pipeThrough(frames()))
  expect(await read([toBytes('data: a\n\ndata: b')])).toHaveLength(1)
  const half = toBytes(`data: ${'x'.repeat(MAX_EVENT_BYTES)}`)
  await expect(read([half, half])).rejects.toThrow(RangeError)
})
