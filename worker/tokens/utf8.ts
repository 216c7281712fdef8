/** The most bytes of one UTF-16 unit (a surrogate pair: four for two). */
export const MAX_BYTES_PER_UNIT = 3

/**
 * Writes `text[from, to)` as UTF-8 to the start of `into` and says how many bytes it took. A lone surrogate
 * becomes U+FFFD. That is what TextEncoder does, which is slower for a few characters (it makes a new array
 * or, with `encodeInto`, an object a call) and which plain ECMAScript doesn't have.
 */
export function writeUtf8(text: string, from: number, to: number, into: Uint8Array): number {
  let at = 0
  for (let i = from; i < to; i++) {
    let code = text.charCodeAt(i)
    if (code < 0x80) {
      into[at++] = code
      continue
    }
    if (code < 0x800) {
      into[at++] = 0xc0 | (code >> 6)
      into[at++] = 0x80 | (code & 0x3f)
      continue
    }
    if (isHighSurrogate(code) && i + 1 < to && isLowSurrogate(text.charCodeAt(i + 1))) {
      code = 0x10000 + ((code & 0x3ff) << 10) + (text.charCodeAt(++i) & 0x3ff)
      into[at++] = 0xf0 | (code >> 18)
      into[at++] = 0x80 | ((code >> 12) & 0x3f)
    } else {
      if (isHighSurrogate(code) || isLowSurrogate(code)) code = 0xfffd
      into[at++] = 0xe0 | (code >> 12)
    }
    into[at++] = 0x80 | ((code >> 6) & 0x3f)
    into[at++] = 0x80 | (code & 0x3f)
  }
  return at
}

/** Whether a UTF-16 unit is the first half of a pair, so that the second may follow. */
export function isHighSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800
}

function isLowSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xdc00
}
