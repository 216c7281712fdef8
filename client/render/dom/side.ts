/** The side on which a text begins: that of its first strong character. [bidi] UAX 9, P2 and P3 */

export type Side = 'ltr' | 'rtl'

/** Letters, and marks that stand for one: LRM, RLM, ALM. */
const STRONG = /[\p{L}\u200e\u200f\u061c]/u
/** The blocks of right-to-left scripts. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u

/** @returns `undefined` if the text has no strong character */
export function sideOf(text: string): Side | undefined {
  const [strong] = STRONG.exec(text) ?? []
  if (strong === undefined) return undefined
  return RIGHT_TO_LEFT.test(strong) ? 'rtl' : 'ltr'
}
