/**
 * Watches a branch of a stream that is piped elsewhere: how it ends, what came, whether it fell silent. A read that
 * waits is woken by each chunk, and waking JavaScript is what a relay costs; so it pauses between reads.
 */
import { TAP_INTERVAL_MS, TAP_READ_BYTES } from '../limits.ts'

export interface Tap {
  /** `end`: the upstream closed the stream. `broken`: it broke off, or was aborted. Never rejects. */
  readonly ended: Promise<'end' | 'broken'>
  /** Read on without pauses: the stream is known to be over. */
  drainNow(): void
  /** Stop watching: nothing more is of interest. */
  cancel(): void
}

interface Watch {
  /** What came since the last look, in order; its buffer is not used again. */
  onBytes(bytes: Uint8Array): void
  /** Called once no byte has come for `silenceMs`, give or take a quarter. */
  onSilence(): void
  silenceMs: number
}

/** @param branch a stream of bytes with no other reader, such as one side of a `tee()` */
export function tap(branch: ReadableStream<Uint8Array>, { onBytes, onSilence, silenceMs }: Watch): Tap {
  const reader = branch.getReader({ mode: 'byob' })
  let hurried = false
  const { promise: pressed, resolve: press } = Promise.withResolvers<void>()

  // What comes during a pause is seen after it: short ones, so that silence is told from a pause to a quarter.
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
        // A full read is a burst, of which there may be more: what isn't read piles up.
        paused = hurried || value.byteLength === TAP_READ_BYTES ? 0 : interval
        if (paused > 0) await pause(interval, pressed)
      }
    } catch {
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
      reader.cancel().catch(() => {}) // A branch that broke already has nothing to cancel.
    },
  }
}

/** Until `pressed`, or `ms` later; leaves no timer behind. */
async function pause(ms: number, pressed: Promise<void>): Promise<void> {
  const interval = Promise.withResolvers<void>()
  const timer = setTimeout(interval.resolve, ms)
  await Promise.race([interval.promise, pressed])
  clearTimeout(timer)
}
