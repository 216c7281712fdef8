/**
 * Sees to it that an answer ends with its usage: the upstream's, or counted here and marked `estimated`. A stage
 * for requests that ask for it and can't be sure of it; it makes the last chunk before `[DONE]` the one with `usage`.
 */
import { ApiError } from '../errors.ts'
import { readEvent } from '../sse/chunk.ts'
import type { SseEvent } from '../sse/decode.ts'
import type { ChatChunk, Usage, UsageSource } from '../wire.ts'

/** Counts what passes; worker/meter/tally.ts is one. */
export interface UsageCount {
  see(event: ReturnType<typeof readEvent>): void
  usage(): { usage: Usage; source: UsageSource }
}

/** @param mark also the upstream's own usage as such: where a later stage has more to put beside it */
export function usage(count: UsageCount, { mark }: { mark: boolean }): TransformStream<SseEvent, SseEvent> {
  let last: ChatChunk | undefined
  /** A chunk that has usage and nothing else: held back, so that it comes last. */
  let held: ChatChunk | undefined
  let ended = false
  return new TransformStream({
    transform(event, controller) {
      const read = readEvent(event)
      count.see(read)
      if (read.kind === 'chunk') {
        last = read.chunk
        if (isUsageChunk(read.chunk)) {
          held = read.chunk
          return
        }
      }
      // An error is an end too: it has been told, and no usage follows it.
      if (read.kind === 'error') ended = true
      if (read.kind === 'done') {
        ended = true
        const final = lastChunk()
        if (final !== undefined) controller.enqueue({ data: JSON.stringify(final) })
      }
      controller.enqueue(event)
    },
    flush() {
      if (!ended) throw new ApiError('upstream_truncated')
    },
  })

  function lastChunk(): ChatChunk | undefined {
    const { usage, source } = count.usage()
    const before = held ?? last
    const own = held
    held = undefined
    // It stood on a chunk that had more to say, and was passed on with it.
    if (before === undefined || (own === undefined && source === 'upstream' && !mark)) return undefined
    const { id, object, created, model } = before
    const marked = mark || source === 'estimated'
    return {
      ...(own ?? { id, object, created, model, choices: [] }),
      usage,
      ...(marked && { millrace: { usage_source: source } }),
    }
  }
}

const isUsageChunk = (chunk: ChatChunk) => chunk.choices.length === 0 && chunk.usage != null
