/**
 * Takes the chunk that has usage and nothing else out of a streamed answer. A stage for callers who did not ask for it: the
 * upstream was asked, since the call is settled at its count. All other frames pass byte for byte.
 */
import { ApiError } from '../errors.ts'
import { readEvent } from '../sse/chunk.ts'
import type { Frame } from '../sse/frames.ts'

export function withoutUsage(): TransformStream<Frame, Frame> {
  let ended = false
  return new TransformStream({
    transform(frame, controller) {
      const read = frame.event && readEvent(frame.event)
      if (read?.kind === 'chunk' && read.chunk.choices.length === 0 && read.chunk.usage != null) return
      // An error is an end too: it has been told.
      if (read?.kind === 'error' || read?.kind === 'done') ended = true
      controller.enqueue(frame)
    },
    flush() {
      if (!ended) throw new ApiError('upstream_truncated')
    },
  })
}
