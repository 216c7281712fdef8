import { createLongMerge } from './long-merge.ts'
import { UNSETTLED } from './pre-tokens.ts'
import { NO_RANK, type Ranks } from './ranks.ts'
import { isHighSurrogate, MAX_BYTES_PER_UNIT, writeUtf8 } from './utf8.ts'

/** UTF-16 units of a pre-token that fit the preallocated buffer. */
const SHORT_UNITS = 256

/** UTF-16 units that an incremental counter gathers before it counts: some 15 tokens. */
const LOOK_UNITS = 64

export interface Counter {
  /**
   * Counts the tokens of `text` as js-tiktoken's `encode(text, [], [])` does: special tokens count as plain
   * text, and a lone surrogate as U+FFFD. Takes linear time for any text.
   */
  count(text: string): number
  /** Counts a text that comes in pieces. */
  incremental(): IncrementalCount
}

interface IncrementalCount {
  /** Adds a piece. It may begin and end anywhere, even between the halves of a surrogate pair. */
  push(delta: string): void
  /** @returns the tokens of all pieces so far, exactly; more may be pushed afterwards */
  end(): number
  /** Tokens that no later text can change: all but those of the last few words. */
  readonly committed: number
}

/** @example createCounter(openRanks(o200k)).count('Hello, world') // 3 */
export function createCounter(ranks: Ranks): Counter {
  const endOf = ranks.preTokenEnd
  const countParts = createLongMerge(ranks)
  const short = new Uint8Array(SHORT_UNITS * MAX_BYTES_PER_UNIT)

  function countPreToken(text: string, from: number, to: number): number {
    const bytes = to - from <= SHORT_UNITS ? short : new Uint8Array((to - from) * MAX_BYTES_PER_UNIT)
    const length = writeUtf8(text, from, to, bytes)
    // Most pre-tokens are a single token. (tiktoken also checks this first: merging doesn't arrive at every
    // token.)
    return ranks.find(bytes, 0, length) === NO_RANK ? countParts(bytes, 0, length) : 1
  }

  function count(text: string): number {
    let tokens = 0
    for (let from = 0; from < text.length; ) {
      const to = endOf(text, from)
      tokens += countPreToken(text, from, to)
      from = to
    }
    return tokens
  }

  function incremental(): IncrementalCount {
    let committed = 0
    let tail = ''
    let lookAt = LOOK_UNITS

    /** Counts the settled pre-tokens of the tail, and drops them. */
    function commit(): void {
      // Half a surrogate pair waits for its other half, since the pair is a different character.
      const end = isHighSurrogate(tail.charCodeAt(tail.length - 1)) ? tail.length - 1 : tail.length
      const whole = tail.slice(0, end)
      const ends: number[] = []
      let settled = 0
      for (let from = 0; from < end; ) {
        from = endOf(whole, from)
        if (ends.push(from) <= UNSETTLED) continue
        const to = ends.shift() as number
        committed += countPreToken(whole, settled, to)
        settled = to
      }
      tail = tail.slice(settled)
    }

    return {
      push(delta) {
        tail += delta
        if (tail.length < lookAt) return
        commit()
        // A tail that can't be settled, such as one endless word, is looked at again when it has doubled. So
        // every character is looked at a few times in all, not once a push.
        lookAt = Math.max(LOOK_UNITS, 2 * tail.length)
      },
      end: () => committed + count(tail),
      get committed() {
        return committed
      },
    }
  }

  return { count, incremental }
}
