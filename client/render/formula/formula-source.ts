/** A formula's source: its TeX, and whether it stands by itself. */

export interface FormulaSource {
  tex: string
  /** Whether it is written between `\[…\]` or `$$…$$`. */
  display: boolean
  /** The source with its delimiters. */
  whole: string
  /** What follows the closing delimiter in the last line of a block. */
  rest: string
}

const CLOSE: Record<string, string> = { '\\(': '\\)', '\\[': '\\]', $$: '$$', $: '$' }

/** @returns `undefined` if the closing delimiter is missing */
export function readFormula(source: string): FormulaSource | undefined {
  const open = /^(?:\\[([]|\$\$?)/.exec(source)?.[0] ?? ''
  const close = CLOSE[open]
  const end = close === undefined ? -1 : source.lastIndexOf(close)
  if (close === undefined || end < open.length) return undefined
  const after = end + close.length
  return {
    tex: source.slice(open.length, end).trim(),
    display: open === '\\[' || open === '$$',
    whole: source.slice(0, after),
    rest: source.slice(after),
  }
}

/** A longer one is no formula. The longest of Wikipedia's have half of it. */
const MAX_CHARS = 4000

/** Chemistry (`\ce`, `\pu`) takes a time that grows with the square. */
const CHEMISTRY = /\\(?:ce|pu)(?![a-z])/i
const MAX_CHEMISTRY_CHARS = 1000

/** Temml reads braces in braces by calling itself, and some of them in a time that grows with the square. */
const MAX_BRACES = 40

/**
 * With macros of its own, a formula of a few lines can have millions of signs. Those that are built in are
 * bounded.
 */
const DEFINES = /\\(?:[egx]?def|let|futurelet|(?:re)?newcommand|providecommand|global|long)(?![a-z@])/i

/** Whether the TeX is read in a bounded time. */
export function isBounded(tex: string): boolean {
  const most = CHEMISTRY.test(tex) ? MAX_CHEMISTRY_CHARS : MAX_CHARS
  if (tex.length > most || DEFINES.test(tex)) return false
  let depth = 0
  for (const [brace] of tex.matchAll(/\\?[{}]/g)) {
    if (brace === '{') depth++
    else if (brace === '}') depth--
    if (depth > MAX_BRACES) return false
  }
  return true
}
