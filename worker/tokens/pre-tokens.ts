import {
  BLANK,
  CASELESS,
  type CharClasses,
  LOWER,
  MARK,
  NEWLINE,
  NUMBER,
  OTHER,
  UPPER,
} from './char-classes.ts'

/** The supported encodings. */
export type Encoding = 'o200k_base' | 'cl100k_base'

/**
 * @returns where the pre-token that starts at `from` ends, in UTF-16 units. Pre-tokens have no gaps between
 *   them: the end of one is the start of the next
 */
export type PreTokenEnd = (text: string, from: number) => number

/**
 * How many pre-tokens at the end of a text may still change when more text follows; all before them are
 * settled. Two, because a pre-token looks ahead at most at what would itself be one pre-token:
 * - `漢` `AB` + `c` → `漢ABc`: capitals leave the word before them until a small letter comes,
 * - `foo` `'r` + `e` → `foo're`: a contraction that isn't whole yet stands alone,
 * - `\n` `  ` + `\n` → `\n  \n`: blanks join the newline before them when another one comes,
 * and none looks behind. (pre-tokens.test.ts tries all short texts over the characters that matter.)
 */
export const UNSETTLED = 2

/**
 * The encodings' regular expressions (`pat_str` in js-tiktoken's rank files) by hand, their alternatives in
 * order. Compiled, those take 28 ms to start with; on a long run their backtracking takes up to 64 MB of
 * stack, and then throws. Here each rule walks a run once or twice: linear time for any text.
 *
 * @param split which rules: a number in a rank file's header, an index of `SPLITS`.
 */
export function preTokens(split: number, chars: CharClasses): PreTokenEnd {
  const rules = SPLITS[split]
  if (!rules) throw new TypeError(`A rank file splits texts by rules 0 to ${SPLITS.length - 1}, not ${split}`)
  const { wordEnd, afterSigns } = rules

  return (text, from) => {
    const word = wordEnd(chars, text, from)
    if (word > from) return word

    // \p{N}{1,3}
    const digit = chars.oneEnd(NUMBER, text, from)
    if (digit > from) return chars.oneEnd(NUMBER, text, chars.oneEnd(NUMBER, text, digit))

    //  ?[^\s\p{L}\p{N}]+[\r\n/]*
    const signs = text[from] === ' ' ? from + 1 : from
    let end = chars.runEnd(OTHER | MARK, text, signs)
    if (end > signs) {
      while (end < text.length && afterSigns.includes(text[end] as string)) end++
      return end
    }

    // \s*[\r\n]+|\s+(?!\S)|\s+
    end = chars.runEnd(BLANK | NEWLINE, text, from)
    for (let at = end; at > from; at--) if (chars.isIn(NEWLINE, text, at - 1)) return at
    // A word takes the blank before it, so the last of several blanks is left to the next word.
    return end < text.length && end > from + 1 ? end - 1 : end
  }
}

/** The differences between the encodings. */
interface Rules {
  encoding: Encoding
  /** `from` where no word starts. */
  wordEnd(chars: CharClasses, text: string, from: number): number
  /** What signs take with them, if it follows. */
  afterSigns: string
}

export const SPLITS: readonly Rules[] = [
  { encoding: 'cl100k_base', wordEnd: cl100kWordEnd, afterSigns: '\r\n' },
  { encoding: 'o200k_base', wordEnd: o200kWordEnd, afterSigns: '\r\n/' },
]

// CONTRACTION|[^\r\n\p{L}\p{N}]?\p{L}+
function cl100kWordEnd(chars: CharClasses, text: string, from: number): number {
  const contraction = contractionEnd(text, from)
  if (contraction > from) return contraction
  const start = chars.oneEnd(OTHER | MARK | BLANK, text, from)
  const end = chars.runEnd(UPPER | LOWER | CASELESS, text, start)
  return end > start ? end : from
}

// [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+CONTRACTION?, and again with
// `+` and `*` exchanged: capitals and then small letters, where what has no case is both.
function o200kWordEnd(chars: CharClasses, text: string, from: number): number {
  // A mark may also be the one character before the word: the word ends at the same place.
  const start = chars.oneEnd(OTHER | BLANK, text, from)
  let end = start
  let capitals = chars.runEnd(UPPER, text, start)
  for (let at = chars.runEnd(CASELESS | MARK, text, capitals); at > capitals; ) {
    end = at
    capitals = chars.runEnd(UPPER, text, at)
    at = chars.runEnd(CASELESS | MARK, text, capitals)
  }
  // Capitals after what has no case belong to this word only if small letters follow.
  if (chars.isIn(LOWER, text, capitals)) end = chars.runEnd(LOWER | CASELESS | MARK, text, capitals)
  else if (end === start) end = capitals
  return end > start ? contractionEnd(text, end) : from
}

/** Where a contraction ends that starts at `from`: 's 't 'm 'd 're 've 'll in any case; else `from`. */
function contractionEnd(text: string, from: number): number {
  if (text[from] !== "'") return from
  const letters = text.slice(from + 1, from + 3)
  if (/^[stmd]/i.test(letters)) return from + 2
  return /^(re|ve|ll)/i.test(letters) ? from + 3 : from
}
