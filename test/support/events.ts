import { decodeEvents, type SseEvent } from '../../worker/protocol/decode.ts'

/** Reads parts of bytes as an event stream, in the chunks given. */
export function eventsOf(parts: Uint8Array[]): Promise<SseEvent[]> {
  return Array.fromAsync(streamOf(parts).pipeThrough(decodeEvents()))
}

export function streamOf<T>(parts: Iterable<T>): ReadableStream<T> {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part)
      controller.close()
    },
  })
}

/** Every way to deliver `bytes` that tests try: whole, byte by byte, and in two parts cut at each place. */
export function* splits(bytes: Uint8Array): Generator<Uint8Array[]> {
  yield [bytes]
  yield Array.from(bytes, (byte) => Uint8Array.of(byte))
  for (let cut = 1; cut < bytes.length; cut++) yield [bytes.slice(0, cut), bytes.slice(cut)]
}
