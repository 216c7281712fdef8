/**
 * Sees to it that an answer ends with its usage: the upstream's, or counted here and marked `estimated`. A stage
 * for requests that ask for it and can't be sure of it.
 */
import { ApiError } from '../errors.ts'
import { type AnswerEvent, readEvent } from '../sse/chunk.ts'
import { type Frame, newFrame } from '../sse/frames.ts'
import type { ChatChunk, Usage, UsageSource } from '../wire.ts'

/** Counts what passes; worker/meter/tally.ts is one. */
export interface UsageCount {
  see(event: AnswerEvent): void
  usage(): { usage: Usage; source: UsageSource }
}

/**
 * Without `mark`, an answer that has its usage passes as it is, byte for byte; one that hasn't gets a chunk with it before `[DONE]`.
 *
 * @param mark the last chunk before `[DONE]` is always one with `usage` and where that came from, for a later stage
 *   that has more to put beside it
 */
export function usage(count: UsageCount, { mark }: { mark: boolean }): TransformStream<Frame, Frame> {
  let last: ChatChunk | undefined
  /** A chunk that has usage and nothing else: held back, so that it comes last. */
  let held: ChatChunk | undefined
  let ended = false
  return new TransformStream({
    transform(frame, controller) {
      const read = frame.event && readEvent(frame.event)
      if (read !== undefined) count.see(read)
      if (read?.kind === 'chunk') {
        last = read.chunk
        if (mark && last.choices.length === 0 && last.usage != null) {
          held = last
          return
        }
      }
      // An error is an end too: it has been told, and no usage follows it.
      if (read?.kind === 'error') ended = true
      if (read?.kind === 'done') {
        ended = true
        const chunk = lastChunk()
        if (chunk !== undefined) controller.enqueue(newFrame(chunk))
      }
      controller.enqueue(frame)
    },
    flush() {
      if (!ended) throw new ApiError('upstream_truncated')
    },
  })

  function lastChunk(): ChatChunk | undefined {
    const { usage, source } = count.usage()
    const before = held ?? last
    if (before === undefined || (source === 'upstream' && !mark)) return undefined
    const { id, object, created, model } = before
    return {
      ...(held ?? { id, object, created, model, choices: [] }),
      usage,
      millrace: { usage_source: source },
    }
  }
}
