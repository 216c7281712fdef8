/**
 * Which `*`, `_` and `~~` begin and end a span. [spec] 6.2, and the appendix, "process emphasis"; [gfm] 6.5
 */
import { type Neighbour, neighbourAfter, neighbourBefore } from './neighbour.ts'
import type { Run, Span } from './token.ts'

/** Reads the run of delimiters from `at` to `end`. */
export function readRun(source: string, at: number, end: number): Run {
  const text = source.slice(at, end)
  const [char = ''] = text
  const before = neighbourBefore(source, at)
  const after = neighbourAfter(source, end)
  const left = flanks(after, before)
  const right = flanks(before, after)
  const strict = char === '_'
  // A single `~` means "about", as in "(~$10)", or a range, as in "5~10".
  const usable = char !== '~' || text.length === 2
  return {
    at,
    closes: 0,
    text,
    opens: [],
    char,
    length: text.length,
    canOpen: usable && left && (!strict || !right || before.punctuation),
    canClose: usable && right && (!strict || !left || after.punctuation),
    below: undefined,
  }
}

/**
 * Whether a run flanks the text on its `inner` side. [spec] 6.2, with the amendment for Chinese, Japanese and
 * Korean: there is no space between their words, so their punctuation is no sign of where a span ends, and
 * next to their characters no other punctuation is. [cjk] 6.2
 */
function flanks(inner: Neighbour, outer: Neighbour): boolean {
  if (inner.space) return false
  return !inner.punctuation || inner.cjk || outer.space || outer.punctuation || outer.cjk
}

/**
 * Pairs runs of delimiters, in the order of their closers.
 *
 * @param below the last earlier run that may still be closed
 * @returns the last run that may still open a span
 */
export function pairRuns(runs: readonly Run[], below?: Run): Run | undefined {
  /**
   * For each type of closer, the position below which no opener was found. Skipping those keeps the search
   * linear.
   */
  const floors = new Map<string, number>()
  let top = below
  for (const run of runs) {
    run.below = top
    if (run.canClose) {
      const key = `${run.char}${run.canOpen}${run.length % 3}`
      while (run.text !== '') {
        const opener = findOpener(run, floors.get(key) ?? -1)
        if (!opener) {
          if (run.below) floors.set(key, run.below.at)
          break
        }
        pair(opener, run)
      }
    }
    top = run.canOpen && run.text !== '' ? run : run.below
  }
  return top
}

function findOpener(closer: Run, floor: number): Run | undefined {
  for (let opener = closer.below; opener && opener.at > floor; opener = opener.below) {
    if (opener.char === closer.char && fits(opener, closer)) return opener
  }
  return undefined
}

function fits(opener: Run, closer: Run): boolean {
  if (closer.char === '~') return true
  // [spec] 6.2, rules 9 and 10
  const both = opener.canClose || closer.canOpen
  return (
    !both || (opener.length + closer.length) % 3 !== 0 || (opener.length % 3 === 0 && closer.length % 3 === 0)
  )
}

function pair(opener: Run, closer: Run): void {
  const double = opener.text.length >= 2 && closer.text.length >= 2
  opener.opens.unshift(spanOf(opener.char, double))
  closer.closes++
  opener.text = opener.text.slice(double ? 2 : 1)
  closer.text = closer.text.slice(double ? 2 : 1)
  // Runs between the two can't pair any more.
  closer.below = opener.text === '' ? opener.below : opener
}

export function spanOf(char: string, double: boolean): Span {
  return { kind: char === '~' ? 'strike' : double ? 'strong' : 'emphasis' }
}
