/**
 * Sees to it that an answer ends with its usage: the upstream's, or counted here and marked `estimated`. A stage
 * for requests that ask for it and can't be sure of it.
 */
import { ApiError } from '../errors.ts'
import { type AnswerEvent, readEvent } from '../formats/chat-completions/read-event.ts'
import { type Frame, newFrame } from '../protocol/frames.ts'
import type { ChatChunk, Usage, UsageSource } from '../protocol/wire.ts'

/** Counts what passes; worker/accounting/tally.ts is one. */
export interface UsageCount {
  see(event: AnswerEvent): void
  usage(): { usage: Usage; source: UsageSource }
}

export interface LastUsage {
  /** @returns whether the event goes on; a chunk that has usage and nothing else is held back, so that it comes last */
  see(read: AnswerEvent): boolean
  /** The chunk that says what was used. `undefined` where nothing came that it could be the last of. */
  chunk(): ChatChunk | undefined
}

/** @param mark whether usage always comes last, and with where it came from: for who has more to put beside it */
export function createLastUsage(count: UsageCount, { mark }: { mark: boolean }): LastUsage {
  let last: ChatChunk | undefined
  let held: ChatChunk | undefined
  return {
    see(read) {
      count.see(read)
      if (read.kind !== 'chunk') return true
      last = read.chunk
      if (!mark || !isUsageAlone(last)) return true
      held = last
      return false
    },
    chunk() {
      const { usage, source } = count.usage()
      const before = held ?? last
      if (before === undefined || (source === 'upstream' && !mark)) return undefined
      const { id, object, created, model } = before
      return {
        ...(held ?? { id, object, created, model, choices: [] }),
        usage,
        millrace: { usage_source: source },
      }
    },
  }
}

/** Without `mark`, an answer that has its usage passes as it is, byte for byte; one that hasn't gets a chunk with it before `[DONE]`. */
export function usage(count: UsageCount, options: { mark: boolean }): TransformStream<Frame, Frame> {
  return endingWith(createLastUsage(count, options))
}

/** Whether a chunk has usage and nothing else. */
export const isUsageAlone = ({ choices, usage }: ChatChunk): boolean => choices.length === 0 && usage != null

/** A stage that says of the end what `last` does, and errors with an `ApiError` where there is none. */
export function endingWith(last: LastUsage): TransformStream<Frame, Frame> {
  let ended = false
  return new TransformStream({
    transform(frame, controller) {
      const read = frame.event && readEvent(frame.event)
      if (read !== undefined && !last.see(read)) return
      // An error is an end too: it has been told, and no usage follows it.
      if (read?.kind === 'error') ended = true
      if (read?.kind === 'done') {
        ended = true
        const chunk = last.chunk()
        if (chunk !== undefined) controller.enqueue(newFrame(chunk))
      }
      controller.enqueue(frame)
    },
    flush() {
      if (!ended) throw new ApiError('upstream_truncated')
    },
  })
}
