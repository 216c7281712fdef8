/** Times an answer as it passes, and puts the result on its last chunk, which `usage()` has marked. */
import { readEvent } from '../sse/chunk.ts'
import { type Frame, newFrame } from '../sse/frames.ts'
import { visiblePieces } from '../tokens/visible-text.ts'
import type { ChatChunk, Timing } from '../wire.ts'

interface Clock {
  /** When the call upstream was made, and when its first byte came. */
  asked: number
  firstByte: number
  /** A clock in milliseconds. */
  now(): number
}

export function timing({ asked, firstByte, now }: Clock): TransformStream<Frame, Frame> {
  let firstToken: number | undefined
  return new TransformStream({
    transform(frame, controller) {
      const read = frame.event && readEvent(frame.event)
      if (read?.kind !== 'chunk') return controller.enqueue(frame)
      const { chunk } = read
      // Not the chunk with the role, which says nothing yet.
      if (visiblePieces(chunk).length > 0) firstToken ??= now()
      const { millrace } = chunk
      if (millrace === undefined) return controller.enqueue(frame)
      const whole: ChatChunk = { ...chunk, millrace: { state: 'done', ...millrace, timing: measure(chunk) } }
      controller.enqueue(newFrame(whole))
    },
  })

  function measure({ usage }: ChatChunk): Timing {
    const end = now()
    const tokens = usage?.completion_tokens ?? 0
    const span = firstToken === undefined ? 0 : end - firstToken
    return {
      first_byte_ms: firstByte - asked,
      first_token_ms: firstToken === undefined ? null : firstToken - asked,
      total_ms: end - asked,
      tokens_per_second: span > 0 && tokens > 1 ? Math.round(((tokens - 1) / span) * 100_000) / 100 : null,
    }
  }
}
