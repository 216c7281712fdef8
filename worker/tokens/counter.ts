import { createLongMerge } from './long-merge.ts'
import { UNSETTLED } from './pre-tokens.ts'
import { NO_RANK, type Ranks } from './ranks.ts'
import { isHighSurrogate, MAX_BYTES_PER_UNIT, writeUtf8 } from './utf8.ts'

/** UTF-16 units of a pre-token for which no new memory is taken. */
const SHORT_UNITS = 256

/** UTF-16 units that an incremental counter gathers before it looks at them: some 15 tokens. */
const LOOK_UNITS = 64

export interface Counter {
  /**
   * How many tokens `text` has, as js-tiktoken's `encode(text, [], [])` counts them: what looks like a
   * special token is text, a lone surrogate is U+FFFD. Takes time by the text's length, whatever it says.
   */
  count(text: string): number
  /** A count of a text that comes in pieces. */
  incremental(): IncrementalCount
}

interface IncrementalCount {
  /** The next piece. It may begin and end anywhere, between the halves of a surrogate pair too. */
  push(delta: string): void
  /** The tokens of all that was pushed, exactly; more may be pushed afterwards. */
  end(): number
  /** Tokens that are certain already, whatever comes next: those of all but the last few words. */
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
    // Most pre-tokens are a token. (tiktoken asks first, too: no merge has to arrive at every token.)
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

    /** Counts the pre-tokens of the tail that nothing can change any more, and drops them. */
    function commit(): void {
      // Half a surrogate pair is another character than the pair: it waits for the other half.
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
        // What can't be settled, such as one endless word, is looked at again when it has doubled: so every
        // character is looked at a few times in all, not once a push.
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
