/** When an answer's first token comes, from bytes that are passed on. */
import { seeEvents } from '../answer/see-events.ts'
import { createTimer } from '../answer/timing.ts'
import type { FollowedFormat } from '../formats/answer-format.ts'
import { MAX_START_BYTES } from '../limits.ts'

export interface Start {
  push(bytes: Uint8Array): void
  /** Whether it may still come. */
  readonly isAwaited: boolean
  /** Milliseconds since the epoch. */
  readonly firstToken: number | undefined
}

/** Parses the first events alone: an answer without a token in its first bytes is not looked at further. */
export function followStart(format: FollowedFormat): Start {
  const timer = createTimer(Date.now)
  const see = seeEvents(format.reader(''), timer)
  let left = MAX_START_BYTES
  return {
    push(bytes) {
      if (!this.isAwaited) return
      left -= bytes.byteLength
      see(bytes)
    },
    get isAwaited() {
      return timer.firstToken === undefined && left > 0
    },
    get firstToken() {
      return timer.firstToken
    },
  }
}
