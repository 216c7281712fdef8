/** Hands the meter what a relay's tap sees, and never holds the relay up for it. */

import type { Tokens } from '../answer/usage.ts'
import { MAX_HELD_FOR_METER_BYTES } from '../limits.ts'
import { concat } from '../protocol/concat.ts'

/** The meter: reads an answer to its end. */
export type Count = (answer: Uint8Array | ReadableStream<Uint8Array>) => Promise<Tokens>

export interface Feed {
  push(bytes: Uint8Array): void
  /** No more comes. @returns what was counted; `undefined` where the meter failed: an answer outlives its account. */
  end(): Promise<Tokens | undefined>
}

/** Counts once, at the end, with all there was: a stream to another invocation costs more than most answers do. */
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

/** For answers too long to be held. */
function stream(count: Count): Feed {
  const { readable, writable } = new IdentityTransformStream()
  const writer = writable.getWriter()
  const counted = count(readable).catch(() => undefined)
  // A meter that failed reads no more: what is written to it is dropped.
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
