/** Bytes → server-sent events. [spec] HTML, 9.2.6 "Interpreting an event stream". */
import { createParser } from 'eventsource-parser'
import { clientError } from './chat-error.ts'

export interface SseEvent {
  /** The `data:` lines, joined by line feeds. */
  data: string
  /** The name that `event:` gave; `undefined` for an ordinary event. */
  event?: string | undefined
  /** Its place in a stream that can be resumed; `undefined` for an event without one. */
  id?: string | undefined
}

/** One event: image and audio deltas are the largest seen, far below 1 MB. The Worker holds to the same bound. */
export const MAX_EVENT_CHARS = 1024 * 1024

/**
 * Reads a body as server-sent events. CRLF, LF and CR, a byte order mark, comments, and characters and lines
 * cut anywhere are understood; an event without its closing blank line is dropped, as the standard says.
 * Leaving the iteration cancels the body.
 *
 * @throws {ChatError} `event_too_large`, after the events before it. What the body itself rejects with passes through.
 * @example
 *   for await (const { data } of decodeEvents(response.body)) console.log(data)
 */
export async function* decodeEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<SseEvent, void, void> {
  // The parser takes the byte order mark away; if the decoder did too, a second one would be lost.
  const text = new TextDecoder('utf-8', { ignoreBOM: true })
  let arrived: SseEvent[] = []
  let tooLarge = false
  const parser = createParser({
    maxBufferSize: MAX_EVENT_CHARS,
    onEvent: (event) => arrived.push(event),
    onError: (error) => {
      // Unknown fields and odd `retry:` values are reported here too: the standard ignores them.
      if (error.type === 'max-buffer-size-exceeded') tooLarge = true
    },
  })
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      parser.feed(text.decode(value, { stream: true }))
      const events = arrived
      arrived = []
      yield* events
      if (tooLarge) {
        throw clientError('event_too_large', `An event is larger than ${MAX_EVENT_CHARS} characters.`)
      }
    }
  } finally {
    // On a body that has ended or failed this does nothing. Its own failure would hide the real one.
    reader.cancel().catch(() => {})
  }
}
