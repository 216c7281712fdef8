/** Shows the events of a stream to an observer, from its bytes. */
import { MAX_EVENT_BYTES } from '../limits.ts'
import { createEventReader, type SseEvent } from '../protocol/event-reader.ts'

/** @returns takes the bytes, in order */
export function seeEvents<Event>(
  reader: { read(event: SseEvent): Event },
  { see }: { see(event: Event): void },
): (bytes: Uint8Array) => void {
  const frames = createEventReader(MAX_EVENT_BYTES)
  return (bytes) => {
    for (const { event } of frames.push(bytes)) if (event !== undefined) see(reader.read(event))
  }
}
