/** Finds conversations by words in their titles and texts, whatever their case and accents. */
import type { Finds } from './kept-conversations.ts'

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

/**
 * Returns the search for a query's words, each of which has to be found. Keeps the folded texts until nothing
 * is searched for, as each key searches all of them.
 */
export function createSearch(): (query: string) => Finds | undefined {
  const folded = new Map<string, { version: string; text: string }>()
  return (query) => {
    const words = foldText(query).split(/\s+/).filter(Boolean)
    if (words.length === 0) {
      folded.clear()
      return undefined
    }
    return (id, version, text) => {
      let known = folded.get(id)
      if (known?.version !== version) {
        known = { version, text: foldText(text()) }
        folded.set(id, known)
      }
      const { text: all } = known
      return words.every((word) => all.includes(word))
    }
  }
}
