/**
 * Reads an upstream's body chunk by chunk. Waking JavaScript for each chunk is the main cost, so chunks that
 * come fast are gathered and read together: for 16 ms, and for longer while the isolate has many answers. The
 * first words never wait.
 *
 * A read of the body itself returns one HTTP chunk, however many are waiting. One branch of a `tee()`
 * buffers what the other branch has read. So once chunks come fast the body is teed, and the other branch is
 * pumped natively, read 32 KB at a time, and discarded. A short or a slow answer is spared that.
 */
import {
  FORGOTTEN_MS,
  GATHER_MS_PER_ANSWER,
  MAX_GATHER_MS,
  MAX_GATHERED_BYTES,
  MAX_READ_BYTES,
  MIN_GATHER_MS,
  READ_BYTES,
} from '../limits.ts'

export interface Chunks {
  /** @returns `undefined` at the end. Rejects if the body breaks off, or its call is aborted */
  read(): Promise<Uint8Array | undefined>
  /** Reads on without pauses. */
  hurry(): void
  /** Stops reading. */
  cancel(): void
}

interface Options {
  /** For how long chunks gather, in milliseconds, while the isolate reads so many answers. */
  gatherMs?(answers: number): number
  /** A clock in milliseconds. */
  now(): number
}

export function gatherMsOf(answers: number): number {
  return Math.min(Math.max(MIN_GATHER_MS, answers * GATHER_MS_PER_ANSWER), MAX_GATHER_MS)
}

/** The answers that this isolate reads, and when each was last read: the longest ago comes first. */
const lastReads = new Map<object, number>()

/**
 * Notes that an answer is read. The runtime may end a call, or an object, without another word: such an
 * answer is forgotten after a while.
 *
 * @returns how many answers the isolate reads
 */
function readingNow(answer: object, now: number): number {
  lastReads.delete(answer)
  lastReads.set(answer, now)
  for (const [other, at] of lastReads) {
    if (now - at < FORGOTTEN_MS) break
    lastReads.delete(other)
  }
  return lastReads.size
}

/**
 * @param first the bytes that were read from the body before
 * @param rest a stream of bytes, of the runtime or with `type: 'bytes'`
 */
export function gatheredChunks(
  first: Uint8Array,
  rest: ReadableStream<Uint8Array>,
  { gatherMs = gatherMsOf, now }: Options,
): Chunks {
  /** Stands for this answer, and keeps nothing of it in memory. */
  const answer = {}
  let reader = rest.getReader({ mode: 'byob' })
  /** Set once the body is teed. */
  let drain: Drain | undefined
  let begun = false
  /** When the last read came, and whether the next one gathers. */
  let last = now()
  let gathers = false
  /** Size of one chunk: the smallest read that neither gathered nor took what a full buffer left. */
  let chunkBytes = first.byteLength
  /** Whether the last read filled its buffer, so that there is more already. */
  let isFull = false
  let hurried = false
  let endPause = () => {}

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      endPause = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  function startGathering(): void {
    reader.releaseLock()
    const [read, pumped] = rest.tee()
    reader = read.getReader({ mode: 'byob' })
    drain = drainSlowly(pumped)
  }

  return {
    async read() {
      if (!begun) {
        begun = true
        return first
      }
      const ms = gatherMs(readingNow(answer, now()))
      const wait = last + ms - now()
      const gathered = gathers && wait > 0 && !hurried && !isFull
      if (gathered) await pause(wait)
      // A new buffer each time, since events are views of it; a small one, since clearing it costs time too.
      const { done, value } = await reader.read(new Uint8Array(isFull ? MAX_READ_BYTES : READ_BYTES))
      if (done) return undefined
      if (!gathered && !isFull) chunkBytes = Math.min(chunkBytes, value.byteLength)
      isFull = value.byteLength >= READ_BYTES
      const since = last
      last = now()
      // A busy isolate comes late to each chunk, so its clock can't tell that they come fast. What a read of
      // a teed body brings can.
      const bringsMore = drain !== undefined && value.byteLength >= 1.5 * chunkBytes
      gathers = bringsMore || (!gathered && last - since < ms)
      drain?.granted(value.byteLength)
      if (drain === undefined && (gathers || ms > gatherMs(1))) startGathering()
      return value
    },
    hurry() {
      hurried = true
      endPause()
    },
    cancel() {
      lastReads.delete(answer)
      endPause()
      // A body that has ended or broken has nothing to cancel.
      reader.cancel().catch(() => {})
      drain?.cancel()
    },
  }
}

interface Drain {
  /** Allows as many more bytes: the reader has taken them. */
  granted(bytes: number): void
  cancel(): void
}

/**
 * Pumps at most `MAX_GATHERED_BYTES` ahead of the reader, so that a slow reader slows the upstream instead
 * of filling the memory.
 */
function drainSlowly(body: ReadableStream<Uint8Array>): Drain {
  const { readable, writable } = new IdentityTransformStream()
  const pipe = new AbortController()
  body.pipeTo(writable, { signal: pipe.signal }).catch(() => {}) // The other branch reports the failure.
  const reader = readable.getReader({ mode: 'byob' })
  let ahead = 0
  let room = Promise.withResolvers<void>()

  async function run(): Promise<void> {
    let buffer = new Uint8Array(MAX_READ_BYTES)
    for (;;) {
      const { done, value } = await reader.readAtLeast(buffer.byteLength, buffer)
      if (done || value === undefined) return
      ahead += value.byteLength
      while (ahead > MAX_GATHERED_BYTES) await room.promise
      buffer = new Uint8Array(value.buffer)
    }
  }

  run().catch(() => {})
  return {
    granted(bytes) {
      ahead -= bytes
      room.resolve()
      room = Promise.withResolvers()
    },
    cancel() {
      ahead = Number.NEGATIVE_INFINITY
      room.resolve()
      // A pipe that waits for bytes doesn't notice that its other end is gone.
      pipe.abort()
      reader.cancel().catch(() => {})
    },
  }
}
