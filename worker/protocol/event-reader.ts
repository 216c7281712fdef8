/**
 * Bytes → server-sent events: the one place that reads the wire's framing, in the Worker and in the client.
 * It handles CRLF, LF and CR, a byte order mark, comments, and reads that are cut anywhere, even inside a
 * character.
 * [spec] HTML, 9.2.6 "Interpreting an event stream".
 */
import { createParser } from 'eventsource-parser'
import { concat } from './concat.ts'

export interface SseEvent {
  /** The event's `data:` lines, joined by line feeds. */
  data: string
  /** The name that `event:` gave; `undefined` for an ordinary event. */
  event?: string | undefined
  id?: string | undefined
}

/**
 * An event with the exact bytes it came in, so that it can be passed on unchanged: comments, line ends and
 * all.
 */
export interface Frame {
  /** Up to and including the blank line that closes it. */
  bytes: Uint8Array
  /** `undefined` for comments, and for the pieces of a too large event. */
  event: SseEvent | undefined
  /** A piece of a too large event: all its bytes are returned, in pieces, and none are parsed. */
  tooLarge: boolean
}

export interface EventReader {
  /** @returns the frames that these bytes complete, in order */
  push(bytes: Uint8Array): Frame[]
  /**
   * @returns the text after the last whole frame: the beginning of a cut-off event, which the standard
   *   drops. Empty inside a too large event.
   */
  unfinished(): string
}

const LF = 0x0a
const CR = 0x0d

/**
 * Linear time: bytes of an unfinished event are scanned once, not again with each read.
 *
 * @param maxEventBytes the largest event that is parsed
 */
export function createEventReader(maxEventBytes: number): EventReader {
  // The parser removes a byte order mark itself, and only one may be removed.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: false })
  let event: SseEvent | undefined
  const parser = createParser({
    onEvent(parsed) {
      event = parsed
    },
  })
  /** The pieces of the frame that is still open. */
  let held: Uint8Array[] = []
  let heldBytes = 0
  let tooLarge = false
  let lineIsEmpty = true
  let afterCr = false

  /**
   * Whether this byte closes a frame. A CRLF closes its line at the CR, since its LF may come with the next
   * read.
   */
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

  /** @returns where the open frame ends, searching from `from`; or -1 */
  function endOfFrame(chunk: Uint8Array, from: number, hasCr: boolean): number {
    if (hasCr || afterCr) {
      for (let at = from; at < chunk.length; at++) {
        if (!closes(chunk[at] as number)) continue
        // The LF of a CRLF belongs to the line that the CR closed.
        const isCrLf = afterCr && chunk[at + 1] === LF
        if (isCrLf) afterCr = false
        return isCrLf ? at + 2 : at + 1
      }
      return -1
    }
    // Without a CR only line feeds matter, and `indexOf` finds them faster than a loop.
    for (let at = from; ; ) {
      const line = chunk.indexOf(LF, at)
      if (line === -1) {
        if (at < chunk.length) lineIsEmpty = false
        return -1
      }
      if (line === at && lineIsEmpty) return line + 1
      lineIsEmpty = true
      at = line + 1
    }
  }

  function close(bytes: Uint8Array): Frame {
    const large = tooLarge
    tooLarge = false
    if (large) return { bytes, event: undefined, tooLarge: true }
    event = undefined
    parser.feed(decoder.decode(bytes))
    return { bytes, event, tooLarge: false }
  }

  function hold(rest: Uint8Array): void {
    if (rest.length === 0) return
    held.push(rest)
    heldBytes += rest.length
  }

  function takeHeld(last: Uint8Array): Uint8Array {
    const whole = held.length === 0 ? last : concat([...held, last])
    held = []
    heldBytes = 0
    return whole
  }

  return {
    push(chunk) {
      const frames: Frame[] = []
      const hasCr = chunk.includes(CR)
      let from = 0
      for (let end = endOfFrame(chunk, 0, hasCr); end !== -1; end = endOfFrame(chunk, from, hasCr)) {
        const last = chunk.subarray(from, end)
        if (heldBytes + last.length > maxEventBytes) tooLarge = true
        frames.push(close(takeHeld(last)))
        from = end
        lineIsEmpty = true
      }
      hold(chunk.subarray(from))
      if (heldBytes > maxEventBytes) tooLarge = true
      if (tooLarge && heldBytes > 0) {
        frames.push({ bytes: takeHeld(new Uint8Array(0)), event: undefined, tooLarge: true })
      }
      return frames
    },
    unfinished: () => (tooLarge ? '' : decoder.decode(concat(held))),
  }
}
