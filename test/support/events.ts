import { createEventReader, type SseEvent } from '../../worker/protocol/event-reader.ts'

/** Reads parts of bytes as an event stream. */
export function eventsOf(parts: Iterable<Uint8Array>): SseEvent[] {
  const reader = createEventReader(Number.POSITIVE_INFINITY)
  return [...parts].flatMap((part) => reader.push(part)).flatMap(({ event }) => event ?? [])
}

/** Every way in which tests cut `bytes`: whole, byte by byte, and in two parts at each place. */
export function* splits(bytes: Uint8Array): Generator<Uint8Array[]> {
  yield [bytes]
  yield Array.from(bytes, (byte) => Uint8Array.of(byte))
  for (let cut = 1; cut < bytes.length; cut++) yield [bytes.slice(0, cut), bytes.slice(cut)]
}
