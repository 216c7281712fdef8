/** White space inside a line: spaces and tabs only. */

/** Indentation in columns that makes a line code. [spec] 4.4 */
export const INDENTED = 4

export function isBlank(text: string): boolean {
  return spacesBefore(text, text.length) === 0
}

/** @returns where the white space before `end` begins */
export function spacesBefore(text: string, end: number): number {
  let at = end
  while (text[at - 1] === ' ' || text[at - 1] === '\t') at--
  return at
}
