/**
 * An upstream's body, read chunk by chunk. What costs is the waking of JavaScript for each chunk, so chunks that come
 * faster than one in 16 ms are gathered and read together, as many as there are. The first words never wait.
 *
 * A reader of the body itself gets one HTTP chunk a read, however long it waits. One side of a `tee()` holds what the
 * other has had; so the other is pumped natively into a stream that is read 32 KB at a time, and thrown away.
 */
import { GATHERED_READ_BYTES, MAX_GATHERED_BYTES } from '../limits.ts'

export interface Chunks {
  /** @returns `undefined` at the end. Rejects where the body breaks off, or its call is aborted. */
  read(): Promise<Uint8Array | undefined>
  /** Read on without pauses. */
  hurry(): void
  /** Nothing more is read. */
  cancel(): void
}

interface Options {
  gatherMs: number
  /** A clock in milliseconds. */
  now(): number
}

/**
 * @param first what was read of the body before
 * @param rest a stream of bytes, of the runtime or with `type: 'bytes'`
 */
export function gatheredChunks(
  first: Uint8Array,
  rest: ReadableStream<Uint8Array>,
  { gatherMs, now }: Options,
): Chunks {
  const [read, pumped] = rest.tee()
  const reader = read.getReader({ mode: 'byob' })
  const drain = drainSlowly(pumped)
  let begun = false
  /** When the last read came, and whether the next one is to gather. */
  let last = now()
  let gathers = false
  /** What one chunk has, by the last read that did not gather. */
  let chunkBytes = first.byteLength
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

  return {
    async read() {
      if (!begun) {
        begun = true
        return first
      }
      const wait = last + gatherMs - now()
      const gathered = gathers && wait > 0 && !hurried
      if (gathered) await pause(wait)
      const { done, value } = await reader.read(new Uint8Array(GATHERED_READ_BYTES))
      if (done) return undefined
      const since = last
      last = now()
      if (!gathered) chunkBytes = value.byteLength
      // As long as it brings more than a chunk at a time; the clock alone can't tell, on a busy machine.
      gathers = gathered ? value.byteLength >= 1.5 * chunkBytes : last - since < gatherMs
      drain.granted(value.byteLength)
      return value
    },
    hurry() {
      hurried = true
      endPause()
    },
    cancel() {
      endPause()
      // A body that has ended or broken already has nothing to cancel.
      reader.cancel().catch(() => {})
      drain.cancel()
    },
  }
}

interface Drain {
  /** The reader has taken so much. */
  granted(bytes: number): void
  cancel(): void
}

/** Takes what comes, at most `MAX_GATHERED_BYTES` ahead of the reader: a slow reader holds the upstream up, not the memory. */
function drainSlowly(body: ReadableStream<Uint8Array>): Drain {
  const { readable, writable } = new IdentityTransformStream()
  const pipe = new AbortController()
  body.pipeTo(writable, { signal: pipe.signal }).catch(() => {}) // The reader's side sees it too.
  const reader = readable.getReader({ mode: 'byob' })
  let ahead = 0
  let room = Promise.withResolvers<void>()

  async function run(): Promise<void> {
    let buffer = new Uint8Array(GATHERED_READ_BYTES)
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
      // A pipe that waits for more does not notice that its other end is gone.
      pipe.abort()
      reader.cancel().catch(() => {})
    },
  }
}
