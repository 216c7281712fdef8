import { setImmediate } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { ChatError } from '../../client/stream/chat-error.ts'
import { decodeEvents, MAX_EVENT_BYTES } from '../../client/stream/decode.ts'
import { splits } from '../support/events.ts'
import { bodyOf, bytes } from './bodies.ts'

test.each([
  [
    'several lines, named',
    '\uFEFF: beat\n\nid: 7\nevent: error\ndata: é水🎉\r\ndata\r\n\r\n',
    [['error', 'é水🎉\n', '7']],
  ],
  ['an event without its blank line', 'data: a\n\ndata: b\n', [[undefined, 'a', undefined]]],
  ['nothing', '', []],
])('events are read from %s, at every split', async (_name, wire, expected) => {
  for (const parts of splits(bytes(wire))) {
    const seen = await Array.fromAsync(decodeEvents(bodyOf(parts).body))
    expect(seen.map(({ event, data, id }) => [event, data, id])).toEqual(expected)
  }
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

test('leaving early cancels the body', async () => {
  const { body, observed } = bodyOf([bytes('data: a\n\ndata: b\n\n')], 'open')
  for await (const { data } of decodeEvents(body)) {
    expect(data).toBe('a')
    break
  }
  expect(observed.cancelled).toBe(true)
})

describe('after [DONE]', () => {
  const wire = [bytes('data: a\n\ndata: [DONE]\n\n')]
  async function leaveAtDone(body: ReadableStream<Uint8Array>): Promise<void> {
    for await (const { data } of decodeEvents(body)) if (data === '[DONE]') break
  }

  test('a body may close by itself, so that no browser shows its request as cancelled', async () => {
    const { body, observed } = bodyOf(wire)
    await leaveAtDone(body)
    await setImmediate()
    expect(observed.cancelled).toBe(false)
  })

  test('one that stays open is cancelled a second later, and nobody waits for it', async () => {
    vi.useFakeTimers()
    const { body, observed } = bodyOf(wire, 'open')
    await leaveAtDone(body)
    await vi.advanceTimersByTimeAsync(999)
    expect(observed.cancelled).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(observed.cancelled).toBe(true)
    vi.useRealTimers()
  })
})

test('a body that fails gives its events, and then its failure', async () => {
  const { body } = bodyOf([bytes('data: a\n\n')], 'reset')
  const events = decodeEvents(body)
  expect(await events.next()).toMatchObject({ value: { data: 'a' } })
  await expect(events.next()).rejects.toThrow('terminated')
})
