/** Ends the call of an answer that has fallen silent. */
import { ApiError } from '../errors.ts'
import type { Chunks } from './chunks.ts'

/**
 * Checks four times in `silenceMs`, because a timer for each chunk would cost as much as the chunk.
 *
 * @returns the same chunks, watched until `stop`
 */
export function endOnSilence(
  chunks: Chunks,
  silenceMs: number,
  abort: (reason: ApiError) => void,
): { chunks: Chunks; stop(): void } {
  let looksSinceBytes = 0
  /** Whether a read is pending. While a slow reader delays the next read, the upstream is not silent. */
  let isReading = false
  const timer = setInterval(() => {
    looksSinceBytes = isReading ? looksSinceBytes + 1 : 0
    if (looksSinceBytes > LOOKS) abort(new ApiError('upstream_silence_timeout'))
  }, silenceMs / LOOKS)
  return {
    chunks: {
      ...chunks,
      async read() {
        isReading = true
        looksSinceBytes = 0
        const bytes = await chunks.read()
        isReading = false
        return bytes
      },
    },
    stop: () => clearInterval(timer),
  }
}

const LOOKS = 4
