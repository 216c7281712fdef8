/**
 * Positions in a text, counted in letters and digits. Markdown syntax appears and disappears while a preview
 * is corrected (`**` is shown, then makes a word bold), but the letters stay.
 */
const LETTERS = /[\p{L}\p{N}]/gu
/** Characters that end a sentence after its last letter, and characters that may have been Markdown. */
const ENDING = /[\p{Pe}\p{Pf}\p{Po}\s*_~`]*/uy

export function countLetters(text: string): number {
  return text.match(LETTERS)?.length ?? 0
}

/** @returns the index after `count` letters and after the characters that end their sentence */
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
