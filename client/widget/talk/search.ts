/** Finds conversations by words in their titles and texts, whatever their case and accents. */

/**
 * Accents, as they follow their letters once these are decomposed; Hebrew's points, and Arabic's vowel signs.
 * Marks of other scripts are letters to their readers.
 */
const ACCENTS = /[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]/g

/** Letters with a stroke don't decompose. */
const STROKES: Record<string, string> = { Đ: 'D', Ł: 'L', Ø: 'O' }

/** The same for all spellings of a text: `Ça` and `ca`, `Straße` and `STRASSE`, `ｶﾞ` and `ガ`. */
export function foldText(text: string): string {
  // Upper case, because `ß` has it as two letters, and Turkish `ı` as `I`.
  return text
    .normalize('NFKD')
    .toUpperCase()
    .replace(ACCENTS, '')
    .replace(/[ĐŁØ]/g, (letter) => STROKES[letter] ?? letter)
}

/** The words of a query, each of which has to be found. */
export const wordsOf = (query: string): string[] => foldText(query).split(/\s+/).filter(Boolean)

/** Keeps the folded texts while words are searched for, as each key searches all of them. */
export function createSearch(): {
  /**
   * @param version changes with the text
   * @returns whether all words are in the text
   */
  finds(words: readonly string[], name: string, version: string, text: () => string): boolean
  /** Forgets the texts. */
  forget(): void
} {
  const folded = new Map<string, { version: string; text: string }>()
  return {
    finds(words, name, version, text) {
      let known = folded.get(name)
      if (known?.version !== version) {
        known = { version, text: foldText(text()) }
        folded.set(name, known)
      }
      const { text: all } = known
      return words.every((word) => all.includes(word))
    },
    forget: () => folded.clear(),
  }
}
