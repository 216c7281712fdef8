/** The direction of text, as far as the order of a line's words depends on it. [unicode] UAX #9 */

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u
const CONTROL = /[\u202a-\u202e\u2066-\u2069]/
const LETTER = /\p{L}/u
const LETTER_BEFORE = /(\p{L})\p{M}*\s*$/u
const LETTER_BEHIND = /^\s*(\p{L})/u
/** Longest white space and marks beside a letter. */
const AROUND_CHARS = 32

/** What the first letter decides; '' without a letter. */
export function directionOf(text: string): '' | 'ltr' | 'rtl' {
  const letter = LETTER.exec(text)?.[0]
  if (letter === undefined) return ''
  return RIGHT_TO_LEFT.test(letter) ? 'rtl' : 'ltr'
}

/** Whether any text has right-to-left letters or changes the direction of what follows. */
export function mixesDirections(text: string): boolean {
  return RIGHT_TO_LEFT.test(text) || CONTROL.test(text)
}

/**
 * Whether the text before `index` and the text behind it can be ordered without each other: both have a
 * letter there, of one direction.
 */
export function isWithinDirection(text: string, index: number): boolean {
  const [, before = ''] = LETTER_BEFORE.exec(text.slice(Math.max(0, index - AROUND_CHARS), index)) ?? []
  const [, behind = ''] = LETTER_BEHIND.exec(text.slice(index, index + AROUND_CHARS)) ?? []
  return before !== '' && behind !== '' && directionOf(before) === directionOf(behind)
}
