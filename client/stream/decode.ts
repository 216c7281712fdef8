/** A body → server-sent events, by the Worker's own reader. */
import { DONE } from '../../worker/formats/chat-completions/wire.ts'
import { createEventReader, type SseEvent } from '../../worker/protocol/event-reader.ts'
import { clientError } from './chat-error.ts'

export type { SseEvent }

/** The size of one event, in bytes. Generated pictures are the largest seen: 1.3 to 4 MB. */
export const MAX_EVENT_BYTES = 16 * 1024 * 1024

/** How long a body may take to close after the answer's end. */
const CLOSING_MS = 1_000

/**
 * Reads a body as server-sent events, wherever its reads are cut. An event without its closing blank line is
 * dropped, as the standard says. Leaving the iteration cancels the body; after `[DONE]` it may close first,
 * because browsers show a cancelled request as a failed one.
 *
 * @throws {ChatError} `event_too_large`, after the events before it. The body's own errors pass through
 * @example
 *   for await (const { data } of decodeEvents(response.body)) console.log(data)
 */
export async function* decodeEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<SseEvent, void, void> {
  const events = createEventReader(MAX_EVENT_BYTES)
  const reader = body.getReader()
  let isOver = false
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      for (const { event, tooLarge } of events.push(value)) {
        isOver ||= event?.data === DONE
        if (event !== undefined) yield event
        if (tooLarge) {
          throw clientError('event_too_large', `An event is larger than ${MAX_EVENT_BYTES} bytes.`)
        }
      }
    }
  } finally {
    if (isOver) void letClose(reader)
    else cancel(reader)
  }
}

async function letClose(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  const late = setTimeout(() => cancel(reader), CLOSING_MS)
  try {
    while (!(await reader.read()).done);
  } catch {
    // What fails after the end is no loss.
  } finally {
    clearTimeout(late)
  }
}

/** Without effect on a body that has ended or failed. A second failure must not hide the first. */
function cancel(reader: ReadableStreamDefaultReader<Uint8Array>): void {
  reader.cancel().catch(() => {})
}
