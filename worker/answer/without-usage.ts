/**
 * Takes the chunk that has usage and nothing else out of a streamed answer. A stage for callers who did not ask for it: the
 * upstream was asked, since the call is settled at its count. All other frames pass byte for byte.
 */
import type { Frame } from '../protocol/frames.ts'
import { endingWith, isUsageAlone } from './usage.ts'

export function withoutUsage(): TransformStream<Frame, Frame> {
  return endingWith({
    see: (read) => read.kind !== 'chunk' || !isUsageAlone(read.chunk),
    chunk: () => undefined,
  })
}
