/** A body → server-sent events, by the Worker's own reader. */
import { createEventReader, type SseEvent } from '../../worker/protocol/event-reader.ts'
import { clientError } from './chat-error.ts'

export type { SseEvent }

/** One event, in bytes: generated pictures are the largest seen, 1.3 to 4 MB. */
export const MAX_EVENT_BYTES = 16 * 1024 * 1024

/**
 * Reads a body as server-sent events, cut anywhere; an event without its closing blank line is dropped, as the standard
 * says. Leaving the iteration cancels the body.
 *
 * @throws {ChatError} `event_too_large`, after the events before it. What the body itself rejects with passes through.
 * @example
 *   for await (const { data } of decodeEvents(response.body)) console.log(data)
 */
export async function* decodeEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<SseEvent, void, void> {
  const events = createEventReader(MAX_EVENT_BYTES)
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      for (const { event, tooLarge } of events.push(value)) {
        if (event !== undefined) yield event
        if (tooLarge) {
          throw clientError('event_too_large', `An event is larger than ${MAX_EVENT_BYTES} bytes.`)
        }
      }
    }
  } finally {
    // On a body that has ended or failed this does nothing. Its own failure would hide the real one.
    reader.cancel().catch(() => {})
  }
}
