import { createEventReader, type SseEvent } from '../../worker/protocol/event-reader.ts'

/** Reads parts of bytes as an event stream, one after the other. */
export function eventsOf(parts: Iterable<Uint8Array>): SseEvent[] {
  const reader = createEventReader(Number.POSITIVE_INFINITY)
  return [...parts].flatMap((part) => reader.push(part)).flatMap(({ event }) => event ?? [])
}

/** Every way to deliver `bytes` that tests try: whole, byte by byte, and in two parts cut at each place. */
export function* splits(bytes: Uint8Array): Generator<Uint8Array[]> {
  yield [bytes]
  yield Array.from(bytes, (byte) => Uint8Array.of(byte))
  for (let cut = 1; cut < bytes.length; cut++) yield [bytes.slice(0, cut), bytes.slice(cut)]
}
