/**
 * Watches one branch of a stream while the other is piped elsewhere: its bytes, its end, its silence. A
 * pending read is woken by each chunk, and waking JavaScript is a relay's main cost, so the tap pauses
 * between reads.
 */
import { forgetFrames } from '../forget-frames.ts'
import { TAP_INTERVAL_MS, TAP_READ_BYTES } from '../limits.ts'

export interface Tap {
  /** `end`: the upstream closed the stream. `broken`: the stream failed or was aborted. Never rejects. */
  readonly ended: Promise<'end' | 'broken'>
  /** Reads on without pauses, once the stream is known to be over. */
  drainNow(): void
  /** Stops watching. */
  cancel(): void
}

interface Watch {
  /** The bytes since the last look, in order. The buffer is not reused. */
  onBytes(bytes: Uint8Array): void
  /** Called once no byte has come for `silenceMs`, give or take a quarter. */
  onSilence(): void
  silenceMs: number
  /** Whether the next bytes are awaited: then there is no pause before them. */
  isEager(): boolean
}

/** @param branch a stream of bytes with no other reader, such as one side of a `tee()` */
export function tap(
  branch: ReadableStream<Uint8Array>,
  { onBytes, onSilence, silenceMs, isEager }: Watch,
): Tap {
  const reader = branch.getReader({ mode: 'byob' })
  let hurried = false
  const { promise: pressed, resolve: press } = Promise.withResolvers<void>()

  // Bytes that come during a pause are seen after it. Pauses of at most a quarter of `silenceMs` keep
  // silence measurable.
  const interval = Math.min(TAP_INTERVAL_MS, silenceMs / 4)

  async function watch(): Promise<'end' | 'broken'> {
    let paused = 0
    try {
      for (;;) {
        const silence = setTimeout(onSilence, silenceMs - paused)
        const { done, value } = await reader
          .read(new Uint8Array(TAP_READ_BYTES))
          .finally(() => clearTimeout(silence))
        if (done) return 'end'
        onBytes(value)
        // A full read is part of a burst: read on at once, because unread bytes pile up.
        paused = hurried || value.byteLength === TAP_READ_BYTES || isEager() ? 0 : interval
        if (paused > 0) await pause(interval, pressed)
      }
    } catch (error) {
      forgetFrames(error)
      return 'broken'
    }
  }

  return {
    ended: watch(),
    drainNow() {
      hurried = true
      press()
    },
    cancel() {
      hurried = true
      press()
      reader.cancel().catch(() => {}) // A branch that already broke has nothing to cancel.
    },
  }
}

/** Waits until `pressed`, or at most `ms`; leaves no timer behind. */
async function pause(ms: number, pressed: Promise<void>): Promise<void> {
  const interval = Promise.withResolvers<void>()
  const timer = setTimeout(interval.resolve, ms)
  await Promise.race([interval.promise, pressed])
  clearTimeout(timer)
}
