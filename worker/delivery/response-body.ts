/** A response body that is written piece by piece, for one caller. */
import { BROKE_OFF } from '../errors.ts'
import { BREAK_OFF_GRACE_MS, READER_STALL_MS } from '../limits.ts'
import { concat } from '../protocol/concat.ts'
import { sleep } from '../sleep.ts'

export interface ResponseBody {
  readonly readable: ReadableStream<Uint8Array>
  /** Settles when something has been sent. Before that, a failure can still be an HTTP status. */
  readonly begun: Promise<void>
  readonly hasBegun: boolean
  /** Whether nothing was written yet, sent or not. */
  readonly isEmpty: boolean
  /** Bytes sent so far. */
  readonly bytes: number
  /** Queues bytes for the next `flush`. */
  write(bytes: Uint8Array): void
  /** @returns when there is room for more; `undefined` if there is room now */
  flush(): Promise<void> | undefined
  /** Ends the body. @returns when the caller has all of it, or has left */
  close(): Promise<void>
  /** Aborts the connection, for formats that can't report an incomplete answer in any other way. */
  breakOff(error: Error): Promise<void>
}

/**
 * Every wait ends when the caller leaves, because the runtime may never read the body of a caller who has
 * left. A reader that takes nothing for `READER_STALL_MS`, while bytes wait, counts as gone.
 *
 * @param clientGone aborts when the caller leaves
 * @param onLeave called when a write shows that the caller has left, or has stalled
 */
export function createResponseBody(clientGone: AbortSignal, onLeave: () => void): ResponseBody {
  // Native on the reader's side: the runtime sends written bytes without waking JavaScript.
  const { readable, writable } = new IdentityTransformStream()
  const writer = writable.getWriter()
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const { promise: gone, resolve: leave } = Promise.withResolvers<void>()
  let watching: ReturnType<typeof setInterval> | undefined
  const over = () => {
    if (watching !== undefined) clearInterval(watching)
    leave()
  }
  if (clientGone.aborted) over()
  clientGone.addEventListener('abort', over)
  let parts: Uint8Array[] = []
  let sending: Promise<void> | undefined
  let hasBegun = false
  let bytes = 0

  /**
   * Looks now and then whether a write has been waiting since the last looks: a timer a write would cost
   * more.
   */
  function watchReader(): void {
    let looks = 0
    let seen: Promise<void> | undefined
    watching = setInterval(() => {
      looks = sending !== undefined && sending === seen ? looks + 1 : 0
      seen = sending
      if (looks < LOOKS) return
      over()
      // A reader that comes back must not take half an answer for a whole one.
      writer.abort(new Error(BROKE_OFF)).catch(() => {})
      onLeave()
    }, READER_STALL_MS / LOOKS)
  }

  function start(): void {
    if (!hasBegun) watchReader()
    hasBegun = true
    begin()
  }

  function flush(): Promise<void> | undefined {
    if (parts.length === 0) return sending
    const [only] = parts
    const whole = parts.length === 1 && only ? only : concat(parts)
    parts = []
    bytes += whole.byteLength
    start()
    // One write may be in progress while the next is prepared.
    const before = sending
    const written = writer.write(whole).catch(onLeave)
    const own = Promise.race([written, gone]).then(() => {
      if (sending === own) sending = undefined
    })
    sending = own
    return before
  }

  return {
    readable,
    begun,
    get hasBegun() {
      return hasBegun
    },
    get isEmpty() {
      return !hasBegun && parts.length === 0
    },
    get bytes() {
      return bytes
    },
    write(more) {
      const last = parts.at(-1)
      // Frames of one read are adjacent in its buffer, so they join without copying.
      if (last?.buffer === more.buffer && last.byteOffset + last.byteLength === more.byteOffset) {
        parts[parts.length - 1] = new Uint8Array(last.buffer, last.byteOffset, last.length + more.length)
      } else parts.push(more)
    },
    flush,
    async close() {
      void flush()
      start()
      sending = writer.close().catch(onLeave)
      await Promise.race([sending, gone])
      over()
    },
    async breakOff(error) {
      void flush()
      // A reset overtakes bytes that were sent just before it, and drops them.
      await Promise.race([sending, gone])
      await sleep(BREAK_OFF_GRACE_MS, clientGone)
      await Promise.race([writer.abort(error).catch(() => {}), gone])
      over()
    },
  }
}

const LOOKS = 4
