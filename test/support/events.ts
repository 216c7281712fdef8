import { decodeEvents, type SseEvent } from '../../worker/sse/decode.ts'

/** Reads parts of bytes as an event stream, in the chunks given. */
export async function eventsOf(parts: Uint8Array[]): Promise<SseEvent[]> {
  const bytes = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const part of parts) controller.enqueue(part)
      controller.close()
    },
  })
  return Array.fromAsync(bytes.pipeThrough(decodeEvents()))
}

/** Every way to deliver `bytes` that tests try: whole, byte by byte, and in two parts cut at each place. */
export function* splits(bytes: Uint8Array): Generator<Uint8Array[]> {
  yield [bytes]
  yield Array.from(bytes, (byte) => Uint8Array.of(byte))
  for (let cut = 1; cut < bytes.length; cut++) yield [bytes.slice(0, cut), bytes.slice(cut)]
}
