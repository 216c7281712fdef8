/** The syntax of links and of link reference definitions. [spec] 4.7, 6.3 */
import { type Found, WAIT } from '../undecided.ts'
import { withoutEscapes } from './escapes.ts'

export interface Target {
  href: string
  title: string | undefined
}

/** Something read from a text, and where it ended. */
export interface Read<T> {
  value: T
  end: number
}

const ANGLED = /<((?:[^<>\n\\]|\\.)*)(>|$|\\$)/y
const BARE = /[^\\() \t\n\p{Cc}]+|\\[!-/:-@[-`{-~]|\\/uy
const LABEL = /\[((?:[^\\[\]]|\\.)*)(\]|\\?$)/sy
const TITLES: Record<string, RegExp> = {
  '"': /"((?:[^"\\]|\\.)*)("|\\?$)/sy,
  "'": /'((?:[^'\\]|\\.)*)('|\\?$)/sy,
  '(': /\(((?:[^()\\]|\\.)*)(\)|\\?$)/sy,
}
const MAX_LABEL_CHARS = 999
const MAX_NESTING = 32

/** Reads `/x` or `<x>`. Unless the text is `final`, a destination that reaches its end is undecided. */
export function readDestination(text: string, at: number, final: boolean): Found<Read<string>> {
  if (at >= text.length) return final ? undefined : WAIT
  if (text[at] === '<') {
    const [all, inner = '', end] = match(ANGLED, text, at) ?? []
    if (all === undefined) return undefined
    if (end !== '>') return final ? undefined : WAIT
    return { value: toAddress(withoutEscapes(inner)), end: at + all.length }
  }
  let end = at
  let depth = 0
  for (; end < text.length; ) {
    const char = text[end]
    if (char === '(' && ++depth > MAX_NESTING) return undefined
    if (char === ')' && --depth < 0) break
    const step = char === '(' || char === ')' ? 1 : match(BARE, text, end)?.[0]?.length
    if (step === undefined) break
    end += step
  }
  if (end === text.length && !final) return WAIT
  if (depth > 0) return undefined
  return { value: toAddress(withoutEscapes(text.slice(at, end))), end }
}

export function readTitle(text: string, at: number, final: boolean): Found<Read<string>> {
  const [all, inner = '', end] = match(TITLES[text[at] ?? ''], text, at) ?? []
  if (all === undefined) return undefined
  if (!end || end[0] === '\\') return final ? undefined : WAIT
  return { value: withoutEscapes(inner), end: at + all.length }
}

/** Reads a label in brackets, as written. */
export function readLabel(text: string, at: number, final: boolean): Found<Read<string>> {
  const [all, inner = '', end] = match(LABEL, text, at) ?? []
  if (all === undefined || inner.length > MAX_LABEL_CHARS) return undefined
  if (end !== ']') return final ? undefined : WAIT
  return { value: inner, end: at + all.length }
}

/** Reads `(/x "title")` after the text of a link. */
export function readTarget(text: string, at: number, final: boolean): Found<Read<Target>> {
  const start = skipSpace(text, at + 1)
  if (text[start] === ')') return { value: { href: '', title: undefined }, end: start + 1 }
  const href = readDestination(text, start, final)
  if (href === WAIT || href === undefined) return href
  let end = skipSpace(text, href.end)
  const title = end > href.end ? readTitle(text, end, final) : undefined
  if (title === WAIT) return WAIT
  if (title) end = skipSpace(text, title.end)
  if (end >= text.length && !final) return WAIT
  if (text[end] !== ')') return undefined
  return { value: { href: href.value, title: title?.value }, end: end + 1 }
}

/** Skips white space with at most one line end. */
export function skipSpace(text: string, at: number): number {
  return at + (match(/[ \t]*(?:\n[ \t]*)?/y, text, at)?.[0]?.length ?? 0)
}

/** Labels that match each other normalize to the same string; '' is an invalid label. */
export function normalizeLabel(label: string): string {
  return label
    .trim()
    .replace(/[ \t\n]+/g, ' ')
    .toLowerCase()
    .toUpperCase()
}

/** Percent-encodes characters that an address can't contain. Existing escapes stay. */
export function toAddress(text: string): string {
  return encodeURI(text.toWellFormed()).replace(/%25(?=[\da-f]{2})/gi, '%')
}

/** Matches at this index only. */
function match(sticky: RegExp | undefined, text: string, at: number): RegExpExecArray | undefined {
  if (!sticky) return undefined
  sticky.lastIndex = at
  return sticky.exec(text) ?? undefined
}
