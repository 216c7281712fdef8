/** What stands for something else: `\*`, `&amp;`, `&#42;`. [spec] 2.4, 2.5 */
import { namedCharacter } from './entities.ts'

const CHARACTER = /\\([!-/:-@[-`{-~])|&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z][a-z\d]{1,31}));/gi

/** Of ASCII: what a backslash makes a mere character. */
export function isPunctuation(char: string): boolean {
  return /^[!-/:-@[-`{-~]$/.test(char)
}

/** The characters that an entity stands for, given without `&` and `;`; `undefined` if there is none of that name. */
export function decodeEntity(name: string): string | undefined {
  if (name[0] !== '#') return namedCharacter(name)
  const hex = name[1] === 'x' || name[1] === 'X'
  const code = hex ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
  // Zero, half a surrogate pair, or more than there are.
  const none = code === 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)
  return none ? '\ufffd' : String.fromCodePoint(code)
}

/** Of addresses, titles and languages, where nothing else has a meaning. */
export function withoutEscapes(text: string): string {
  return text.replace(
    CHARACTER,
    (all: string, escaped?: string) => escaped ?? decodeEntity(all.slice(1, -1)) ?? all,
  )
}
