/** Counts an answer as it passes, and ends it where it has as many tokens as it may have. */
import { ApiError } from '../errors.ts'
import type { AnswerEvent } from '../formats/chat-completions/read-event.ts'
import { visiblePieces } from '../formats/chat-completions/visible-text.ts'
import type { Counter } from '../tokens/counter.ts'

export interface OutputLimit {
  /** @throws {ApiError} `budget_reached` */
  see(read: AnswerEvent): void
}

/** @param most tokens of all its texts together, as far as they can be seen */
export function outputLimit(most: number, counter: Counter): OutputLimit {
  const texts = new Map<string, ReturnType<Counter['incremental']>>()
  return {
    see(read) {
      if (read.kind !== 'chunk') return
      for (const { key, text } of visiblePieces(read.chunk)) {
        const count = texts.get(key) ?? counter.incremental()
        texts.set(key, count)
        count.push(text)
      }
      let tokens = 0
      for (const { committed } of texts.values()) tokens += committed
      if (tokens > most) throw new ApiError('budget_reached')
    },
  }
}
