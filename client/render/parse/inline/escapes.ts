/** Backslash escapes and character references: `\*`, `&amp;`, `&#42;`. [spec] 2.4, 2.5 */
import { namedCharacter } from './entities.ts'

const CHARACTER = /\\([!-/:-@[-`{-~])|&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z][a-z\d]{1,31}));/gi

/** Whether a backslash escapes the character: ASCII punctuation. */
export function isPunctuation(char: string): boolean {
  return /^[!-/:-@[-`{-~]$/.test(char)
}

/** Decodes a character reference, given without `&` and `;`. Returns `undefined` for an unknown name. */
export function decodeEntity(name: string): string | undefined {
  if (name[0] !== '#') return namedCharacter(name)
  const hex = name[1] === 'x' || name[1] === 'X'
  const code = hex ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
  // Not a character: zero, a surrogate, or above Unicode's range.
  const none = code === 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)
  return none ? '\ufffd' : String.fromCodePoint(code)
}

/** Decodes addresses, titles and languages, which have no other syntax. */
export function withoutEscapes(text: string): string {
  return text.replace(
    CHARACTER,
    (all: string, escaped?: string) => escaped ?? decodeEntity(all.slice(1, -1)) ?? all,
  )
}
