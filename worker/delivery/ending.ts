/**
 * How would this stream have ended, had it ended here? Follows bytes that others have already
 * passed on, and keeps just what lacks its closing blank line.
 */
import { createParser } from 'eventsource-parser'
import { readEvent } from '../formats/chat-completions/read-event.ts'
import { MAX_EVENT_BYTES } from '../limits.ts'

export interface Ending {
  /** `done`: `[DONE]` came. `failed`: the upstream reported an error. `open`: neither, so an end here cuts the answer off. */
  state: 'done' | 'failed' | 'open'
  /** What came after the last whole event: the beginning of one that was cut off, or nothing. */
  unfinished: string
}

const NAMES_AN_END = /\[DONE\]|error/

// Two line ends in a row close an event. `\r(?!\n)`, or a CRLF alone would count as two of them.
const EVENT_END = /(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r)/g

/**
 * @example
 *   const ending = followEnding()
 *   ending.push(bytes)
 *   ending.now() // { state: 'open', unfinished: 'data: {"id"' }
 */
export function followEnding(): { push(bytes: Uint8Array): void; now(): Ending } {
  const decoder = new TextDecoder()
  let state: Ending['state'] = 'open'
  let unfinished = ''
  const parser = createParser({
    onEvent(event) {
      // What comes after an end changes nothing: no client reads it.
      if (state !== 'open') return
      // Parsing each chunk's JSON just to find no error in it would be most of this function's cost.
      if (event.event !== 'error' && event.data.startsWith('{') && !event.data.includes('"error"')) return
      const { kind } = readEvent(event)
      if (kind === 'done') state = 'done'
      if (kind === 'error') state = 'failed'
    },
  })
  return {
    push(bytes) {
      unfinished += decoder.decode(bytes, { stream: true })
      const whole = endOfLastEvent(unfinished)
      if (whole === 0) return
      // Nearly all of a stream names no end, and needs no parsing: what is left out here is whole events.
      if (NAMES_AN_END.test(unfinished)) parser.feed(unfinished.slice(0, whole))
      unfinished = unfinished.slice(whole)
      // Beyond the largest event there is nothing to complete, and memory has a bound.
      if (unfinished.length > MAX_EVENT_BYTES) unfinished = ''
    },
    now: () => ({ state, unfinished }),
  }
}

/** @returns the index after the last event's closing blank line; 0 where there is none. */
function endOfLastEvent(text: string): number {
  // Without a CR there is only one form of it, and it can be looked for from the end.
  if (!text.includes('\r')) {
    const at = text.lastIndexOf('\n\n')
    return at === -1 ? 0 : at + 2
  }
  let end = 0
  for (const match of text.matchAll(EVENT_END)) end = match.index + match[0].length
  return end
}
