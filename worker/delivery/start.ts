/** When an answer's first token comes, from bytes that are passed on. */
import { createTimer } from '../answer/timing.ts'
import type { AnswerFormat } from '../formats/answer-format.ts'
import { MAX_EVENT_BYTES, MAX_START_BYTES } from '../limits.ts'
import { createEventReader } from '../protocol/event-reader.ts'

export interface Start {
  push(bytes: Uint8Array): void
  /** Whether it may still come. */
  readonly isAwaited: boolean
  /** Milliseconds since the epoch. */
  readonly firstToken: number | undefined
}

/** Parses the first events alone: an answer without a token in its first bytes is not looked at further. */
export function followStart(format: AnswerFormat): Start {
  const reader = format.reader('')
  const events = createEventReader(MAX_EVENT_BYTES)
  const timer = createTimer(Date.now)
  let left = MAX_START_BYTES
  return {
    push(bytes) {
      if (!this.isAwaited) return
      left -= bytes.byteLength
      for (const { event } of events.push(bytes)) if (event !== undefined) timer.see(reader.read(event))
    },
    get isAwaited() {
      return timer.firstToken === undefined && left > 0
    },
    get firstToken() {
      return timer.firstToken
    },
  }
}
