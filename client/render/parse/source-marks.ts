/**
 * Marks that lead to an answer's sources. A mark is one character of a private plane, put into the text
 * before it is shown. Why: docs/decisions/0017-marks-of-sources.md.
 */

const FIRST = 0x10f000

/** Marks beyond it are left out. */
export const MOST_MARKS = 0x3ff

/** What all marks begin with. */
export const MARK_HALF = '\udbfc'

const MARKS = /[\u{10f000}-\u{10f3ff}]/gu

/** @param number from 1 to `MOST_MARKS` */
export const markOf = (number: number): string => String.fromCodePoint(FIRST + number)

/** @returns the number of the mark at this place */
export const markAt = (text: string, at: number): number => (text.codePointAt(at) ?? FIRST) - FIRST

/** The text alone: what a model writes itself is no mark, and there are none in code and addresses. */
export const withoutMarks = (text: string): string =>
  text.includes(MARK_HALF) ? text.replace(MARKS, '') : text
