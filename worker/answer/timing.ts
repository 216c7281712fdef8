/** Measures the times of an answer from its events. */
import type { AnswerEvent } from '../formats/answer-format.ts'
import type { Timing, Usage } from '../protocol/wire.ts'

/** When the upstream was called, and when its first byte came, in milliseconds of the timer's clock. */
export interface AnswerTimes {
  asked: number
  firstByte: number
}

export interface Timer {
  see(event: Pick<AnswerEvent, 'texts'>): void
  /** When the first token came, by the timer's clock; `undefined` before it. */
  readonly firstToken: number | undefined
  /** @returns the times up to now */
  measure(times: AnswerTimes, usage: Usage): Timing
}

/** @param now a clock in milliseconds */
export function createTimer(now: () => number): Timer {
  let firstToken: number | undefined
  return {
    get firstToken() {
      return firstToken
    },
    see({ texts }) {
      // The chunk with the role has no text, so it is not the first token.
      if (firstToken === undefined && texts.some(({ kind }) => kind !== 'other')) firstToken = now()
    },
    measure({ asked, firstByte }, { completion_tokens: tokens }) {
      const end = now()
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
