/**
 * Where a text stops being JSON, and why. Engines say it each in their own way, and some quote the text,
 * which may hold a secret: here only the place is told, and one character.
 */

import { codePointName } from './code-point.ts'

/** The shape of what comes next. `first…`: the array or object may also end. */
type Expected = 'value' | 'first value' | 'name' | 'first name' | 'colon' | 'next' | 'end'

const WORDS: Record<Expected, string> = {
  value: 'a value is expected',
  'first value': 'a value or ] is expected',
  name: 'a name in double quotes is expected',
  'first name': 'a name in double quotes or } is expected',
  colon: 'a colon is expected',
  next: 'a comma or the closing bracket is expected',
  end: 'the text should end',
}

/** [spec] RFC 8259, 3 and 6. */
const LITERAL = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WHITE = ' \t\n\r'
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y

/**
 * Walks the text once.
 *
 * @returns `line 2, column 7 (position 21): a comma or the closing bracket is expected, not "x"`; lines and
 *   columns count from 1, the position from 0. `undefined`: the text is JSON
 */
export function jsonMistake(text: string): string | undefined {
  const open: ('{' | '[')[] = []
  let expected: Expected = 'value'
  let at = 0
  for (;;) {
    while (at < text.length && WHITE.includes(text[at] as string)) at++
    const sign = text[at]
    if (sign === undefined) {
      return expected === 'end' ? undefined : told(text, at, 'the text ends before it is complete')
    }
    const closes = expected === 'next' || expected.startsWith('first')
    if (closes && sign === (open.at(-1) === '{' ? '}' : ']')) {
      open.pop()
      at++
      expected = open.length === 0 ? 'end' : 'next'
    } else if (expected === 'next' && sign === ',') {
      at++
      expected = open.at(-1) === '{' ? 'name' : 'value'
    } else if (expected === 'colon' && sign === ':') {
      at++
      expected = 'value'
    } else if (sign === '"' && /value|name/.test(expected)) {
      const string = readString(text, at)
      if (string.why !== undefined) return told(text, string.at, string.why)
      at = string.at
      if (expected.endsWith('name')) expected = 'colon'
      else expected = open.length === 0 ? 'end' : 'next'
    } else if ((sign === '{' || sign === '[') && expected.endsWith('value')) {
      open.push(sign)
      at++
      expected = sign === '{' ? 'first name' : 'first value'
    } else {
      LITERAL.lastIndex = at
      if (!expected.endsWith('value') || !LITERAL.test(text)) return told(text, at, whyNot(sign, expected))
      at = LITERAL.lastIndex
      expected = open.length === 0 ? 'end' : 'next'
    }
  }
}

/** @returns the place after the string; or the place of a mistake in it, and `why` */
function readString(text: string, from: number): { at: number; why?: string } {
  for (let at = from + 1; at < text.length; at++) {
    const sign = text[at] as string
    if (sign === '"') return { at: at + 1 }
    if (sign === '\n' || sign === '\r') return { at, why: 'a line break in a string is written as \\n' }
    if (sign < ' ') return { at, why: `the character ${shown(sign)} has to be escaped in a string` }
    if (sign !== '\\') continue
    ESCAPE.lastIndex = at
    if (!ESCAPE.test(text)) return { at, why: 'a backslash in a string is written as \\\\' }
    at = ESCAPE.lastIndex - 1
  }
  return { at: from, why: 'the string that begins here is not closed' }
}

function whyNot(sign: string, expected: Expected): string {
  if ((sign === '}' && expected === 'name') || (sign === ']' && expected === 'value')) {
    return `no comma may stand before ${sign}`
  }
  if (sign === "'") return 'strings and names stand in double quotes'
  return `${WORDS[expected]}, not ${shown(sign)}`
}

const shown = (sign: string) => (/^[!-~]$/.test(sign) ? sign : codePointName(sign.charCodeAt(0)))

function told(text: string, position: number, why: string): string {
  const before = text.slice(0, position)
  const line = before.split('\n').length
  const column = position - before.lastIndexOf('\n')
  return `line ${line}, column ${column} (position ${position}): ${why}`
}
