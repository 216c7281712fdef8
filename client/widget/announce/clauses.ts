/** Cuts what is too long for one announcement where a voice may pause. */

/** A screen reader can't be stopped within an announcement and go on: a long one is lost as a whole. */
export const MOST_CHARS = 300

const CLAUSE_END = /[,;:،؛、，；：](?!\d)|\s[–—-](?=\s)|—/g

/** @returns parts of up to `most` UTF-16 code units, which together are the text */
export function cutAtClauses(text: string, most = MOST_CHARS): string[] {
  const parts: string[] = []
  let from = 0
  while (text.length - from > most) {
    const end = from + endOfPart(text.slice(from, from + most))
    parts.push(text.slice(from, end))
    from = end
  }
  return [...parts, text.slice(from)]
}

/** A part that is much too short for its place is worse than one that ends between two words. */
function endOfPart(text: string): number {
  const half = text.length / 2
  const clause = [...text.matchAll(CLAUSE_END)].at(-1)
  const clauseEnd = clause ? clause.index + clause[0].length : 0
  // What is at the very end may go on: a number, another mark.
  if (clauseEnd > half && clauseEnd < text.length) return clauseEnd
  const space = text.lastIndexOf(' ')
  if (space > half) return space + 1
  return /[\ud800-\udbff]$/.test(text) ? text.length - 1 : text.length
}
