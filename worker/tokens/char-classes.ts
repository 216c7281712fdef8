/**
 * The character classes that the encodings' patterns distinguish, one bit each. The table is built when the
 * ranks are packed, so a count doesn't depend on the runtime's Unicode version.
 */
export const OTHER = 1
/** `\p{Lu}\p{Lt}` */
export const UPPER = 2
/** `\p{Ll}` */
export const LOWER = 4
/** Letters without case: `\p{Lm}\p{Lo}` */
export const CASELESS = 8
/** `\p{M}`: combines with the character before it. */
export const MARK = 16
/** `\p{N}` */
export const NUMBER = 32
/** `\s` except `NEWLINE`. */
export const BLANK = 64
/** `\r\n` */
export const NEWLINE = 128

/** Reads the classes of a text's characters (a surrogate pair is one); a set of classes is a sum of bits. */
export interface CharClasses {
  /** Whether the character at `at` is in `set`; false at the end of `text`. */
  isIn(set: number, text: string, at: number): boolean
  /** Where the character at `at` ends if it is in `set`, else `at`. */
  oneEnd(set: number, text: string, at: number): number
  /** Where the run of characters in `set` ends that starts at `at`. */
  runEnd(set: number, text: string, at: number): number
}

/** Over the sections `pages` and `classes` of a rank file (rank-file.ts). A lone surrogate is `OTHER`. */
export function createCharClasses(pages: Uint8Array, classes: Uint8Array): CharClasses {
  function has(set: number, code: number): boolean {
    const page = pages[code >> 8] as number
    return (set & (classes[(page << 8) | (code & 0xff)] as number)) !== 0
  }
  function oneEnd(set: number, text: string, at: number): number {
    const code = text.codePointAt(at)
    if (code === undefined || !has(set, code)) return at
    return code > 0xffff ? at + 2 : at + 1
  }
  return {
    oneEnd,
    isIn: (set, text, at) => oneEnd(set, text, at) > at,
    runEnd(set, text, at) {
      let end = at
      for (let next = oneEnd(set, text, at); next > end; next = oneEnd(set, text, next)) end = next
      return end
    },
  }
}
