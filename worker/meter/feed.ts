/** Hands the meter what a relay's tap sees, piece by piece, and never holds the relay up for it. */
import type { Tokens } from './record.ts'

export interface Feed {
  push(bytes: Uint8Array): void
  /** No more comes. @returns what was counted; `undefined` where the meter failed: an answer outlives its account. */
  end(): Promise<Tokens | undefined>
}

/** @param count the meter: reads the answer to its end */
export function feed(count: (answer: ReadableStream<Uint8Array>) => Promise<Tokens>): Feed {
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
