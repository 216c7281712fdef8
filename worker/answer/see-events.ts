/** Shows the events of a stream to an observer, from its bytes. */
import type { AnswerReader } from '../formats/answer-format.ts'
import { MAX_EVENT_BYTES } from '../limits.ts'
import { createEventReader } from '../protocol/event-reader.ts'
import type { Observer } from './engine.ts'

/** @returns takes the bytes, in order */
export function seeEvents(
  reader: Pick<AnswerReader, 'read'>,
  { see }: Observer,
): (bytes: Uint8Array) => void {
  const frames = createEventReader(MAX_EVENT_BYTES)
  return (bytes) => {
    for (const { event } of frames.push(bytes)) if (event !== undefined) see(reader.read(event))
  }
}
