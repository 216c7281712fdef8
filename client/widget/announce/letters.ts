/**
 * How far into a text something is, counted in letters and digits. While Markdown arrives, its marks come and go as a guess
 * is corrected (`**` is shown, then it makes a word bold); the letters stay.
 */
const LETTERS = /[\p{L}\p{N}]/gu
/** What ends a sentence, after its last letter; and what may have been a mark. */
const ENDING = /[\p{Pe}\p{Pf}\p{Po}\s*_~`]*/uy

export function countLetters(text: string): number {
  return text.match(LETTERS)?.length ?? 0
}

/** @returns where the text goes on after so many letters, and what ends their sentence */
export function afterLetters(text: string, count: number): number {
  if (count === 0) return 0
  let left = count
  for (const { index, 0: letter } of text.matchAll(LETTERS)) {
    if (--left > 0) continue
    ENDING.lastIndex = index + letter.length
    ENDING.test(text)
    return ENDING.lastIndex
  }
  return text.length
}
