/** Times an answer as it passes, and puts the result on its last chunk, which `usage()` has marked. */
import { readEvent } from '../formats/chat-completions/read-event.ts'
import { visiblePieces } from '../formats/chat-completions/visible-text.ts'
import { type Frame, newFrame } from '../protocol/frames.ts'
import type { ChatChunk, Timing, Usage } from '../protocol/wire.ts'

/** When the call upstream was made, and when its first byte came: milliseconds, of the same clock as `now`. */
export interface Begin {
  asked: number
  firstByte: number
}

export interface Timer {
  see(chunk: ChatChunk): void
  /** Up to now, of an answer that began so and used so much. */
  measure(begin: Begin, usage: Usage | null | undefined): Timing
}

/** @param now a clock in milliseconds */
export function createTimer(now: () => number): Timer {
  let firstToken: number | undefined
  return {
    see(chunk) {
      // Not the chunk with the role, which says nothing yet.
      if (firstToken === undefined && visiblePieces(chunk).length > 0) firstToken = now()
    },
    measure({ asked, firstByte }, usage) {
      const end = now()
      const tokens = usage?.completion_tokens ?? 0
      const span = firstToken === undefined ? 0 : end - firstToken
      return {
        first_byte_ms: firstByte - asked,
        first_token_ms: firstToken === undefined ? null : firstToken - asked,
        total_ms: end - asked,
        tokens_per_second: span > 0 && tokens > 1 ? Math.round(((tokens - 1) / span) * 100_000) / 100 : null,
      }
    },
  }
}

export function timing({ now, ...begin }: Begin & { now(): number }): TransformStream<Frame, Frame> {
  const timer = createTimer(now)
  return new TransformStream({
    transform(frame, controller) {
      const read = frame.event && readEvent(frame.event)
      if (read?.kind !== 'chunk') return controller.enqueue(frame)
      const { chunk } = read
      timer.see(chunk)
      const { millrace, usage } = chunk
      if (millrace === undefined) return controller.enqueue(frame)
      const added = { state: 'done' as const, ...millrace, timing: timer.measure(begin, usage) }
      controller.enqueue(newFrame({ ...chunk, millrace: added }))
    },
  })
}
