/** Passes the bytes that a relay's tap sees to the meter, without delaying the relay. */

import type { Counted } from '../answer/usage.ts'
import { MAX_HELD_FOR_METER_BYTES } from '../limits.ts'
import { concat } from '../protocol/concat.ts'

/** The meter: reads an answer to its end. */
export type Count = (answer: Uint8Array | ReadableStream<Uint8Array>) => Promise<Counted>

export interface Feed {
  push(bytes: Uint8Array): void
  /**
   * Ends the input. @returns the count; `undefined` if the meter failed, which must not affect the answer
   */
  end(): Promise<Counted | undefined>
}

/**
 * Counts once, at the end, with all bytes: a stream to another invocation costs more than most answers do.
 */
export function createFeed(count: Count): Feed {
  let held: Uint8Array[] = []
  let bytes = 0
  let rest: Feed | undefined
  return {
    push(part) {
      if (rest !== undefined) return rest.push(part)
      held.push(part)
      bytes += part.byteLength
      if (bytes <= MAX_HELD_FOR_METER_BYTES) return
      rest = stream(count)
      for (const one of held) rest.push(one)
      held = []
    },
    end: () => rest?.end() ?? count(concat(held)).catch(() => undefined),
  }
}

/** Streams answers that are too long to hold. */
function stream(count: Count): Feed {
  const { readable, writable } = new IdentityTransformStream()
  const writer = writable.getWriter()
  const counted = count(readable).catch(() => undefined)
  // After the meter failed, later writes are dropped.
  let written = Promise.resolve()
  const then = (work: () => Promise<void>) => {
    written = written.then(work).catch(() => {})
  }
  return {
    push: (bytes) => then(() => writer.write(bytes)),
    end() {
      then(() => writer.close())
      return counted
    },
  }
}
