/**
 * Bytes → frames: each event with the very bytes it came in, so that a stage which looks at all and changes
 * one of them leaves the others what they were: comments, line ends and all.
 */
import { createParser } from 'eventsource-parser'
import { isUnterminatedDone } from '../formats/chat-completions/complete-cut.ts'
import { MAX_EVENT_BYTES } from '../limits.ts'
import type { SseEvent } from './decode.ts'
import { encodeEvent, toBytes } from './encode.ts'
import { DONE } from './wire.ts'

export interface Frame {
  /** Up to and with the blank line that closes it. */
  bytes: Uint8Array
  /** `undefined` for comments and what else says nothing. */
  event: SseEvent | undefined
}

/** A frame of our own. */
export function newFrame(payload: unknown): Frame {
  const data = typeof payload === 'string' ? payload : JSON.stringify(payload)
  return { bytes: toBytes(encodeEvent(data)), event: { data } }
}

const LF = 0x0a
const CR = 0x0d

/**
 * @returns a transform from chunks of bytes, cut anywhere, to frames. What has no closing blank line at the end is
 * dropped, as the standard says, unless it is `[DONE]`; a frame above `MAX_EVENT_BYTES` errors the stream.
 */
export function frames(): TransformStream<Uint8Array, Frame> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: false })
  let event: SseEvent | undefined
  const parser = createParser({
    onEvent(parsed) {
      event = parsed
    },
  })
  let held = new Uint8Array(0)
  let lineIsEmpty = true
  let afterCr = false

  /** Whether this byte closes a frame. A CRLF closes its line at the CR; its LF then stands at the start of the next frame. */
  function closes(byte: number): boolean {
    const restOfCrLf = byte === LF && afterCr
    afterCr = byte === CR
    if (restOfCrLf) return false
    if (byte !== LF && byte !== CR) {
      lineIsEmpty = false
      return false
    }
    const closed = lineIsEmpty
    lineIsEmpty = true
    return closed
  }

  return new TransformStream({
    transform(chunk, controller) {
      const bytes = new Uint8Array(held.length + chunk.length)
      bytes.set(held)
      bytes.set(chunk, held.length)
      let from = 0
      for (let at = held.length; at < bytes.length; at++) {
        if (!closes(bytes[at] as number)) continue
        const frame = bytes.subarray(from, at + 1)
        from = at + 1
        event = undefined
        parser.feed(decoder.decode(frame, { stream: true }))
        controller.enqueue({ bytes: frame, event })
      }
      held = bytes.slice(from)
      if (held.length > MAX_EVENT_BYTES)
        throw new RangeError(`an event of more than ${MAX_EVENT_BYTES} bytes`)
    },
    flush(controller) {
      const rest = decoder.decode(held)
      if (rest === '\n') controller.enqueue({ bytes: held, event: undefined })
      if (isUnterminatedDone(rest)) controller.enqueue(newFrame(DONE))
    },
  })
}

export function bytesOfFrames(): TransformStream<Frame, Uint8Array> {
  return new TransformStream({ transform: ({ bytes }, controller) => controller.enqueue(bytes) })
}

export function eventsOfFrames(): TransformStream<Frame, SseEvent> {
  return new TransformStream({
    transform({ event }, controller) {
      if (event !== undefined) controller.enqueue(event)
    },
  })
}
