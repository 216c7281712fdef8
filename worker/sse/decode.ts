/**
 * Bytes → server-sent events: the one place where the wire's framing is read.
 * CRLF, LF and CR, a byte order mark, comments, characters and lines cut anywhere
 * are the parser's business. [spec] HTML, 9.2.6 "Interpreting an event stream".
 */
import { EventSourceParserStream } from 'eventsource-parser/stream'
import { MAX_EVENT_BYTES } from '../limits.ts'

export interface SseEvent {
  /** The payload: the event's `data:` lines, joined by line feeds. */
  data: string
  event?: string | undefined
  id?: string | undefined
}

/**
 * @returns a transform from chunks of bytes, cut anywhere, to events. An event without its closing
 * blank line at the end is dropped, as the standard says; one above `MAX_EVENT_BYTES` characters errors the stream.
 */
export function decodeEvents(): TransformStream<Uint8Array, SseEvent> {
  // The parser takes off a byte order mark, and only one is to be taken.
  const text = new TextDecoderStream('utf-8', { ignoreBOM: true })
  const events = new EventSourceParserStream({ maxBufferSize: MAX_EVENT_BYTES })
  return {
    // The types of the runtime and of the DOM differ in what a decoder takes; both take bytes.
    writable: text.writable as WritableStream<Uint8Array>,
    readable: text.readable.pipeThrough(events),
  }
}
