/** Which `*`, `_` and `~` begin and end a span. [spec] 6.2 and its appendix, "process emphasis"; [gfm] 6.5 */
import type { Run, Span } from './token.ts'

const SPACE = /^\s?$/
const PUNCTUATION = /^[\p{P}\p{S}]$/u

/** @param before and `after`: the characters on its sides, '' at an end of the text */
export function createRun(at: number, text: string, before: string, after: string): Run {
  const [char = ''] = text
  const left = flanks(after, before)
  const right = flanks(before, after)
  // Of a single `~` inside a word, as in "5~10", nobody means the span.
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

/** Whether a run belongs to what is on its `inner` side. */
function flanks(inner: string, outer: string): boolean {
  if (SPACE.test(inner)) return false
  return !PUNCTUATION.test(inner) || SPACE.test(outer) || PUNCTUATION.test(outer)
}

/**
 * Pairs runs, in the order of their closers.
 *
 * @param below what opened before them and may be closed by them
 * @returns the last one that could still open a span
 */
export function pairRuns(runs: readonly Run[], below?: Run): Run | undefined {
  /** Below these there is no opener for such a closer. Without them this would be quadratic. */
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
  // What lies between them is text for good.
  closer.below = opener.text === '' ? opener.below : opener
}

export function spanOf(char: string, double: boolean): Span {
  return { kind: char === '~' ? 'strike' : double ? 'strong' : 'emphasis' }
}
