/** Counts the events of a stream from its bytes. */
import type { UsageCount } from '../answer/usage.ts'
import type { AnswerReader } from '../formats/answer-format.ts'
import { MAX_EVENT_BYTES } from '../limits.ts'
import { createEventReader } from '../protocol/event-reader.ts'

/** @returns takes the bytes, in order */
export function countEvents(
  reader: Pick<AnswerReader, 'read'>,
  { see }: Pick<UsageCount, 'see'>,
): (bytes: Uint8Array) => void {
  const frames = createEventReader(MAX_EVENT_BYTES)
  return (bytes) => {
    for (const { event } of frames.push(bytes)) if (event !== undefined) see(reader.read(event))
  }
}
