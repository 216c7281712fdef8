/** Cuts text that is too long for one announcement, at places where a voice may pause. */

/** Longest announcement. A screen reader that is interrupted drops the whole announcement. */
export const MAX_ANNOUNCEMENT_CHARS = 300

const CLAUSE_END = /[,;:،؛、，；：](?!\d)|\s[–—-](?=\s)|—/g

/** @returns parts of at most `max` UTF-16 code units, which together are the text */
export function cutAtClauses(text: string, max = MAX_ANNOUNCEMENT_CHARS): string[] {
  const parts: string[] = []
  let from = 0
  while (text.length - from > max) {
    const end = from + endOfPart(text.slice(from, from + max))
    parts.push(text.slice(from, end))
    from = end
  }
  return [...parts, text.slice(from)]
}

/** Ends the part at a clause if that leaves it more than half full, else between two words. */
function endOfPart(text: string): number {
  const half = text.length / 2
  const clause = [...text.matchAll(CLAUSE_END)].at(-1)
  const clauseEnd = clause ? clause.index + clause[0].length : 0
  // A mark at the very end may be followed by a digit or another mark.
  if (clauseEnd > half && clauseEnd < text.length) return clauseEnd
  const space = text.lastIndexOf(' ')
  if (space > half) return space + 1
  return /[\ud800-\udbff]$/.test(text) ? text.length - 1 : text.length
}
