/**
 * The state in which a stream would end if it ended now. It follows bytes that were already passed on, and
 * keeps only the event that is not closed yet.
 */
import type { Cut, FollowedFormat } from '../formats/answer-format.ts'
import { MAX_COMPLETED_CHARS, MAX_EVENT_BYTES } from '../limits.ts'
import { toBytes } from '../protocol/encode.ts'
import { createEventReader } from '../protocol/event-reader.ts'
import type { WireError } from '../protocol/wire.ts'

export interface Ending {
  /**
   * `done`: the end came. `empty`: the end came, and no answer before it. `failed`: the upstream reported an
   * error. `open`: none of these, so an end here cuts the answer off.
   */
  state: 'done' | 'empty' | 'failed' | 'open'
  /** The bytes after the last whole event: the beginning of a cut-off event, or empty. */
  unfinished: string
  /** What the upstream reported, if it `failed`. */
  error?: WireError | undefined
}

export interface FollowedEnding {
  push(bytes: Uint8Array): void
  now(): Ending
  /** Where the answer would be cut off if it ended now. */
  cut(): Cut
}

// Two line ends in a row close an event. `\r(?!\n)`: otherwise a single CRLF would count as two line ends.
const EVENT_END = /(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r)/g

/** Where the name and the type of an event stand. */
const BEGINNING_CHARS = 256

/** Characters of an event's closing line ends that can precede a cut. */
const END_CHARS = 3

/**
 * Linear time: bytes of an unfinished event are scanned once, not again with each read.
 *
 * @example
 *   const ending = followEnding(chatCompletions)
 *   ending.push(bytes)
 *   ending.now() // { state: 'open', unfinished: 'data: {"id"' }
 */
export function followEnding(format: FollowedFormat): FollowedEnding {
  const decoder = new TextDecoder()
  const reader = format.reader('')
  const events = createEventReader(MAX_EVENT_BYTES)
  let state: Ending['state'] = 'open'
  let error: WireError | undefined
  /** Whether any event with JSON has come. */
  let hasBegun = false
  /** The unfinished event, in the pieces it came in. */
  let held: string[] = []
  let heldChars = 0
  /** The last characters of the unfinished event. */
  let tail = ''
  /** Whether the unfinished event is too large to complete. Its beginning is then dropped. */
  let isLarge = false
  /** Whether the large event ends the answer once it is whole. */
  let largeEnds = false
  let first = ''
  let last = ''

  function hold(text: string): void {
    held.push(text)
    heldChars += text.length
    tail = (tail + text).slice(-END_CHARS)
    if (heldChars <= MAX_COMPLETED_CHARS) return
    if (!isLarge) largeEnds = reader.isLargeEnd?.(held.join('').slice(0, BEGINNING_CHARS)) === true
    isLarge = true
    held = []
    heldChars = 0
  }

  const unfinished = () => (isLarge ? '' : held.join(''))

  function look(whole: string): void {
    // Bytes after an end change nothing: no client reads them. Nearly all bytes contain no end, so parsing
    // is skipped.
    hasBegun ||= whole.includes('{')
    first ||= whole.slice(0, MAX_COMPLETED_CHARS)
    last = whole
    if (state !== 'open' || !format.mayEnd(whole)) return
    for (const { event } of events.push(toBytes(whole))) {
      const read = event && reader.read(event)
      if (read?.kind === 'done') state = hasBegun ? 'done' : 'empty'
      if (read?.kind === 'error') {
        state = 'failed'
        error = read.error
      }
      if (state !== 'open') return
    }
  }

  return {
    push(bytes) {
      const text = decoder.decode(bytes, { stream: true })
      const end = endOfLastEvent(tail + text) - tail.length
      if (end <= 0) return hold(text)
      if (isLarge && largeEnds && state === 'open') state = 'done'
      // A large event has only its last bytes here, and they parse as nothing.
      look(held.join('') + text.slice(0, end))
      held = []
      heldChars = 0
      tail = ''
      isLarge = false
      hold(text.slice(end))
    },
    now: () => ({ state, unfinished: unfinished(), error }),
    cut: () => ({ unfinished: unfinished(), first, last }),
  }
}

/** @returns the index after the last event's closing blank line; 0 if there is none */
function endOfLastEvent(text: string): number {
  // Without a CR a blank line has only one form, which `lastIndexOf` finds.
  if (!text.includes('\r')) {
    const at = text.lastIndexOf('\n\n')
    return at === -1 ? 0 : at + 2
  }
  let end = 0
  for (const match of text.matchAll(EVENT_END)) end = match.index + match[0].length
  return end
}
