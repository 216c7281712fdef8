/** Ends an answer that reaches its limit of tokens. */
import { ApiError } from '../errors.ts'
import type { AnswerEvent } from '../formats/answer-format.ts'
import { PROGRESS_CHARS } from '../limits.ts'
import type { Counter } from '../tokens/counter.ts'

export interface OutputLimit {
  /** @throws {ApiError} `budget_reached` */
  see(event: AnswerEvent): void
}

/** A UTF-16 unit has at most three bytes, and each token has at least one. */
const MOST_TOKENS_PER_UNIT = 3

interface RunningText {
  count: ReturnType<Counter['incremental']>
  uncounted: string
}

/**
 * Text is counted only when it could pass the limit, so an answer far below it costs no counting.
 *
 * @param most the limit for all visible texts of the answer together
 * @param onProgress called with the number of tokens each time that `PROGRESS_CHARS` characters have come
 */
export function outputLimit(
  most: number,
  counter: Counter,
  onProgress?: (tokens: number) => void,
): OutputLimit {
  const texts = new Map<string, RunningText>()
  let counted = 0
  let uncounted = 0
  /** Characters since the last call of `onProgress`. */
  let untold = 0

  function countAll(): void {
    counted = 0
    uncounted = 0
    for (const text of texts.values()) {
      text.count.push(text.uncounted)
      text.uncounted = ''
      counted += text.count.committed
    }
  }

  return {
    see(event) {
      for (const { choice, kind, key, text, repeats } of event.texts) {
        if (repeats || kind === 'other') continue
        const id = `${choice}:${key}`
        const known = texts.get(id) ?? { count: counter.incremental(), uncounted: '' }
        texts.set(id, known)
        known.uncounted += text
        uncounted += text.length
        untold += text.length
      }
      const isProgress = onProgress !== undefined && untold >= PROGRESS_CHARS
      if (!isProgress && counted + uncounted * MOST_TOKENS_PER_UNIT <= most) return
      countAll()
      if (isProgress) {
        untold = 0
        onProgress(counted)
      }
      if (counted > most) throw new ApiError('budget_reached')
    },
  }
}
