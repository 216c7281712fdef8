/**
 * How would this stream have ended, had it ended here? Follows bytes that others have already passed on, and keeps
 * only what lacks its closing blank line.
 */
import type { AnswerFormat } from '../formats/answer-format.ts'
import { MAX_COMPLETED_CHARS, MAX_EVENT_BYTES } from '../limits.ts'
import { toBytes } from '../protocol/encode.ts'
import { createEventReader } from '../protocol/event-reader.ts'

export interface Ending {
  /** `done`: the end came. `failed`: the upstream reported an error. `open`: neither, so an end here cuts the answer off. */
  state: 'done' | 'failed' | 'open'
  /** What came after the last whole event: the beginning of one that was cut off, or nothing. */
  unfinished: string
}

// Two line ends in a row close an event. `\r(?!\n)`, or a CRLF alone would count as two of them.
const EVENT_END = /(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r)/g

/** The characters of one event's end that can stand before a cut. */
const END_CHARS = 3

/**
 * Looking at an event that is not whole costs what came of it, not what is held.
 *
 * @example
 *   const ending = followEnding(chatCompletions)
 *   ending.push(bytes)
 *   ending.now() // { state: 'open', unfinished: 'data: {"id"' }
 */
export function followEnding(format: AnswerFormat): { push(bytes: Uint8Array): void; now(): Ending } {
  const decoder = new TextDecoder()
  const reader = format.reader('')
  const events = createEventReader(MAX_EVENT_BYTES)
  let state: Ending['state'] = 'open'
  /** The unfinished event, in the pieces it came in. */
  let held: string[] = []
  let heldChars = 0
  /** Its last characters. */
  let tail = ''
  /** Whether it is too large to be completed, so that its beginning is no longer held. */
  let isLarge = false

  function hold(text: string): void {
    held.push(text)
    heldChars += text.length
    tail = (tail + text).slice(-END_CHARS)
    if (heldChars <= MAX_COMPLETED_CHARS) return
    isLarge = true
    held = []
    heldChars = 0
  }

  function look(whole: string): void {
    // What comes after an end changes nothing: no client reads it. Nearly all of a stream names no end, and needs no parsing.
    if (state !== 'open' || !format.mayEnd(whole)) return
    for (const { event } of events.push(toBytes(whole))) {
      const kind = event && reader.read(event).kind
      if (kind === 'done') state = 'done'
      if (kind === 'error') state = 'failed'
      if (state !== 'open') return
    }
  }

  return {
    push(bytes) {
      const text = decoder.decode(bytes, { stream: true })
      const end = endOfLastEvent(tail + text) - tail.length
      if (end <= 0) return hold(text)
      // Of a large event only the end is here, which parses as nothing.
      look(held.join('') + text.slice(0, end))
      held = []
      heldChars = 0
      tail = ''
      isLarge = false
      hold(text.slice(end))
    },
    now: () => ({ state, unfinished: isLarge ? '' : held.join('') }),
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
