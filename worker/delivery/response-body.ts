/** The body of an answer that is written as it comes, for one caller. */
import { BREAK_OFF_GRACE_MS } from '../limits.ts'
import { concat } from '../protocol/concat.ts'

export interface ResponseBody {
  readonly readable: ReadableStream<Uint8Array>
  /** Settles when something has been sent: before that, a failure can still be a status. */
  readonly begun: Promise<void>
  readonly hasBegun: boolean
  /** Whether nothing was written yet, sent or not. */
  readonly isEmpty: boolean
  /** Sent so far. */
  readonly bytes: number
  /** Takes bytes to be sent with the next `flush`. */
  write(bytes: Uint8Array): void
  /** @returns when there is room for more, if that is not at once */
  flush(): Promise<void> | undefined
  /** Ends the body. @returns when the caller has all of it, or has left */
  close(): Promise<void>
  /** Breaks the connection off, for what has no other way to say that it is not whole. */
  breakOff(error: Error): Promise<void>
}

/**
 * No wait here outlives the caller: the runtime may never read the body of a caller who has left.
 *
 * @param clientGone aborts when the caller leaves
 * @param onLeave called when the caller turns out to have left
 */
export function createResponseBody(clientGone: AbortSignal, onLeave: () => void): ResponseBody {
  // Native on the reader's side: the runtime sends what is written without waking JavaScript.
  const { readable, writable } = new IdentityTransformStream()
  const writer = writable.getWriter()
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const { promise: gone, resolve: leave } = Promise.withResolvers<void>()
  if (clientGone.aborted) leave()
  clientGone.addEventListener('abort', () => leave())
  let parts: Uint8Array[] = []
  let sending: Promise<void> | undefined
  let hasBegun = false
  let bytes = 0

  function flush(): Promise<void> | undefined {
    if (parts.length === 0) return sending
    const [only] = parts
    const whole = parts.length === 1 && only ? only : concat(parts)
    parts = []
    bytes += whole.byteLength
    hasBegun = true
    begin()
    // One write may be on its way while the next is made.
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
      // Frames of one read lie one after the other in its buffer.
      if (last?.buffer === more.buffer && last.byteOffset + last.byteLength === more.byteOffset) {
        parts[parts.length - 1] = new Uint8Array(last.buffer, last.byteOffset, last.length + more.length)
      } else parts.push(more)
    },
    flush,
    async close() {
      void flush()
      hasBegun = true
      begin()
      await Promise.race([writer.close().catch(onLeave), gone])
    },
    async breakOff(error) {
      void flush()
      // A reset overtakes bytes that were sent just before it, and drops them.
      await Promise.race([sending, gone])
      await Promise.race([new Promise((resolve) => setTimeout(resolve, BREAK_OFF_GRACE_MS)), gone])
      await Promise.race([writer.abort(error).catch(() => {}), gone])
    },
  }
}
