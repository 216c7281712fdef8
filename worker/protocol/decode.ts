/**
 * Bytes → server-sent events: the one place where the wire's framing is read.
 * CRLF, LF and CR, a byte order mark, comments, characters and lines cut anywhere
 * are the parser's business. [spec] HTML, 9.2.6 "Interpreting an event stream".
 */
import { createParser } from 'eventsource-parser'
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

export interface EventReader {
  /** @returns the events that these bytes complete. @throws {RangeError} where one is above `MAX_EVENT_BYTES` characters */
  push(bytes: Uint8Array): SseEvent[]
  /** @returns the event that lacked only its closing blank line when the bytes ended. The standard drops it. */
  rest(): SseEvent | undefined
}

/** The same without streams, for who reads the bytes anyway: no waiting between a chunk and its events. */
export function createEventReader(): EventReader {
  const text = new TextDecoder('utf-8', { ignoreBOM: true, fatal: false })
  let events: SseEvent[] = []
  let tooLarge = false
  const parser = createParser({
    maxBufferSize: MAX_EVENT_BYTES,
    onEvent: (event) => events.push(event),
    onError: (error) => {
      // Unknown fields and odd `retry:` values are reported here too: the standard ignores them.
      if (error.type === 'max-buffer-size-exceeded') tooLarge = true
    },
  })
  const take = () => {
    const taken = events
    events = []
    if (tooLarge) throw new RangeError(`an event of more than ${MAX_EVENT_BYTES} characters`)
    return taken
  }
  return {
    push(bytes) {
      parser.feed(text.decode(bytes, { stream: true }))
      return take()
    },
    rest() {
      parser.feed(`${text.decode()}\n\n`)
      return take()[0]
    },
  }
}
