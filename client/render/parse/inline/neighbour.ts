/**
 * The character beside a run of delimiters, as the CJK-friendly amendment to CommonMark sorts it. [cjk]
 * https://github.com/tats-u/markdown-cjk-friendly/blob/main/specification.md
 */

import { MARK_HALF } from '../source-marks.ts'

export interface Neighbour {
  /** White space, or the start or end of the text. */
  space: boolean
  punctuation: boolean
  /** A Chinese, Japanese or Korean character. */
  cjk: boolean
}

const SPACE = /^\s$/
const PUNCTUATION = /^[\p{P}\p{S}]$/u

/**
 * Wide, fullwidth and halfwidth characters and Hangul, except emoji. The ranges are those of the amendment,
 * joined where only unassigned code points are between them.
 */
const CJK =
  /^(?!\p{Emoji_Presentation})[\u1100-\u11ff\u20a9\u2329\u232a\u2630-\u2637\u268a-\u268f\u2e80-\u303e\u3041-\u3247\u3250-\ua4c6\ua960-\ua97c\uac00-\ud7fb\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uffee\u{16fe0}-\u{18df2}\u{1aff0}-\u{1b2fb}\u{1d300}-\u{1d376}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]$/u

/** Chooses the form of the character before it, such as a full-width quotation mark. */
const VARIATION = /^[\ufe00-\ufe0e]$/
const FULLWIDTH = '\ufe01'
const QUOTATION = /^[‘’“”]$/
/** Chooses the form of an ideograph. */
const IDEOGRAPH_VARIATION = /^[\u{e0100}-\u{e01ef}]$/u

/** Marks of sources count as if they weren't there. */
export function neighbourAfter(text: string, at: number): Neighbour {
  return text[at] === MARK_HALF ? neighbourAfter(text, at + 2) : sort(characterAt(text, at))
}

export function neighbourBefore(text: string, at: number): Neighbour {
  if (text[at - 2] === MARK_HALF) return neighbourBefore(text, at - 2)
  const last = characterBefore(text, at)
  if (IDEOGRAPH_VARIATION.test(last)) return { space: false, punctuation: false, cjk: true }
  if (!VARIATION.test(last)) return sort(last)
  const varied = sort(characterBefore(text, at - 1))
  return {
    space: false,
    punctuation: varied.punctuation,
    cjk: varied.cjk || (last === FULLWIDTH && QUOTATION.test(characterBefore(text, at - 1))),
  }
}

/** @param character '' at the start or end of the text */
function sort(character: string): Neighbour {
  return {
    space: character === '' || SPACE.test(character),
    punctuation: PUNCTUATION.test(character),
    cjk: CJK.test(character),
  }
}

function characterAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at) ?? 0x20)
}

/** Handles a surrogate pair. */
function characterBefore(text: string, at: number): string {
  const half = (text.charCodeAt(at - 1) & 0xfc00) === 0xdc00
  return at === 0 ? '' : characterAt(text, half && at > 1 ? at - 2 : at - 1)
}
