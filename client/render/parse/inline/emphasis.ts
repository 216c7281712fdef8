/**
 * Which `*`, `_` and `~` begin and end a span. [spec] 6.2, and the appendix, "process emphasis"; [gfm] 6.5
 */
import type { Run, Span } from './token.ts'

const SPACE = /^\s?$/
const PUNCTUATION = /^[\p{P}\p{S}]$/u

/**
 * @param before the character before the run, '' at the start of the text
 * @param after the character after the run, '' at the end of the text
 */
export function createRun(at: number, text: string, before: string, after: string): Run {
  const [char = ''] = text
  const left = flanks(after, before)
  const right = flanks(before, after)
  // A single `~` inside a word, as in "5~10", is not meant as strikethrough.
  const strict = char === '_' || text === '~'
  const usable = char !== '~' || text.length <= 2
  return {
    at,
    closes: 0,
    text,
    opens: [],
    char,
    length: text.length,
    canOpen: usable && left && (!strict || !right || PUNCTUATION.test(before)),
    canClose: usable && right && (!strict || !left || PUNCTUATION.test(after)),
    below: undefined,
  }
}

/** Whether a run flanks the text on its `inner` side. [spec] 6.2 */
function flanks(inner: string, outer: string): boolean {
  if (SPACE.test(inner)) return false
  return !PUNCTUATION.test(inner) || SPACE.test(outer) || PUNCTUATION.test(outer)
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
      const key = `${run.char}${run.canOpen}${run.length % 3}${run.char === '~' ? run.text.length : ''}`
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
  if (closer.char === '~') return opener.text === closer.text
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
