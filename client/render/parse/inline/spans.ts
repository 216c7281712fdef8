/** Inline syntax whose content is literal: code, tags, math. */
import { type Found, WAIT } from '../undecided.ts'
import type { Read } from './link.ts'

const BACKTICKS = /`+/g
const URI = /<([a-z][a-z\d+.-]{1,31}:[^\s<>\p{Cc}]*)>/iuy
const MAIL =
  /<([\w.!#$%&'*+/=?^`{|}~-]+@[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)*)>/iy
const PARTIAL_ANGLED =
  /<(?:[a-z][a-z\d+.-]{1,31}:[^\s<>\p{Cc}]*|[\w.!#$%&'*+/=?^`{|}~-]+(?:@[a-z\d.-]*)?)?$/iuy

const ATTRIBUTE = String.raw`\s+[a-z_:][\w.:-]*(?:\s*=\s*(?:[^\s"'=<>${'`'}]+|'[^']*'|"[^"]*"))?`
const PARTIAL_ATTRIBUTE = String.raw`\s+(?:[a-z_:][\w.:-]*(?:\s*(?:=\s*(?:[^\s"'=<>${'`'}]*|'[^']*|"[^"]*))?)?)?`
const NAME = '[a-z][a-z\\d-]*'
const TAG = new RegExp(String.raw`<(?:${NAME}(?:${ATTRIBUTE})*\s*/?|/${NAME}\s*)>`, 'iy')
const PARTIAL_TAG = new RegExp(
  String.raw`<(?:${NAME}(?:${ATTRIBUTE})*(?:${PARTIAL_ATTRIBUTE}|\s*/?)|/(?:${NAME}\s*)?)?$`,
  'iy',
)
/** HTML comments, processing instructions, CDATA sections and declarations, with their ends. */
const MARKS = [
  ['<!--', '-->'],
  ['<?', '?>'],
  ['<![CDATA[', ']]>'],
  ['<!', '>'],
] as const
const MATH = /\$((?:[^\\$\n]|\\.)*)(\$|\\?$)/y

/** Where the last run of backticks of each length begins. */
export function lastBackticks(text: string, from: number): Map<number, number> {
  const last = new Map<number, number>()
  BACKTICKS.lastIndex = from
  for (let run = BACKTICKS.exec(text); run; run = BACKTICKS.exec(text)) last.set(run[0].length, run.index)
  return last
}

/**
 * Reads a code span: from a run of backticks to a run of the same length. [spec] 6.1
 *
 * @param last keeps runs without an equal one behind them from being quadratic
 */
export function readCode(
  text: string,
  at: number,
  final: boolean,
  last: ReadonlyMap<number, number>,
): Found<Read<string>> {
  BACKTICKS.lastIndex = at
  const length = BACKTICKS.exec(text)?.[0].length ?? 0
  if ((last.get(length) ?? at) <= at) return final ? undefined : WAIT
  const from = at + length
  for (let run = BACKTICKS.exec(text); run; run = BACKTICKS.exec(text)) {
    const end = BACKTICKS.lastIndex
    // The run may still grow, and then would not match.
    if (end === text.length && !final && run[0].length <= length) return WAIT
    if (run[0].length === length) return { value: trimCode(text.slice(from, run.index)), end }
  }
  return final ? undefined : WAIT
}

/** @returns the content of a code span that is still arriving */
export function partialCode(text: string, at: number): string {
  return text
    .slice(at)
    .replace(/^`+|(?<!`)`+$/g, '')
    .replaceAll('\n', ' ')
}

function trimCode(text: string): string {
  const line = text.replaceAll('\n', ' ')
  return line.startsWith(' ') && line.endsWith(' ') && /[^ ]/.test(line) ? line.slice(1, -1) : line
}

/** Reads `<https://…>` or `<name@host>`. [spec] 6.5 */
export function readAngled(text: string, at: number): Read<{ href: string; text: string }> | undefined {
  for (const [form, scheme] of [
    [URI, ''],
    [MAIL, 'mailto:'],
  ] as const) {
    form.lastIndex = at
    const [all, address] = form.exec(text) ?? []
    if (all && address) return { value: { href: scheme + address, text: address }, end: at + all.length }
  }
  return undefined
}

export function mayBeAngled(text: string, at: number): boolean {
  PARTIAL_ANGLED.lastIndex = at
  return PARTIAL_ANGLED.test(text)
}

/** Reads raw HTML, which is shown as text. [spec] 6.6 @returns where it ends */
export function readTag(text: string, at: number, final: boolean, absent: Set<string>): Found<number> {
  TAG.lastIndex = at
  if (TAG.test(text)) return TAG.lastIndex
  PARTIAL_TAG.lastIndex = at
  if (!final && PARTIAL_TAG.test(text)) return WAIT
  const start = text.slice(at, at + 9)
  for (const [open, close] of MARKS) {
    if (!final && open.startsWith(start)) return WAIT
    if (start.startsWith(open) && (open !== '<!' || /^<![a-z]/i.test(start))) {
      return findClose(text, at + 2, close, final, absent)
    }
  }
  return undefined
}

/**
 * Reads `$x$` or `$$x$$`. Prices are no math. The signs of `$x$` have no space inside. The first has no
 * letter or digit before it, and the second none after it.
 *
 * @returns where it ends
 */
export function readDollars(text: string, at: number, final: boolean, absent: Set<string>): Found<number> {
  if (text[at + 1] === '$') return readDelimited(text, at, '$$', final, absent)
  if (/\w/.test(text[at - 1] ?? '')) return undefined
  if (at + 1 === text.length) return final ? undefined : WAIT
  MATH.lastIndex = at
  const [all, inner = '', close] = MATH.exec(text) ?? []
  if (all === undefined) return undefined
  const end = at + all.length
  if (close !== '$' || end === text.length) {
    if (!final) return WAIT
    if (close !== '$') return undefined
  }
  return /^\s|[\s\\]$/.test(inner) || /\w/.test(text[end] ?? '') ? undefined : end
}

/**
 * Reads from an opening sign of two characters to its closing sign.
 *
 * @param absent closing signs that the text is known not to have; they keep many opening signs from being
 *   quadratic
 * @returns where it ends
 */
export function readDelimited(
  text: string,
  at: number,
  close: string,
  final: boolean,
  absent: Set<string>,
): Found<number> {
  // In TeX a letter follows a backslash, while escapes in a row have other characters.
  if (/^\\(?:[^a-z]|$)/i.test(text.slice(at + 2, at + 4)))
    return final || at + 4 <= text.length ? undefined : WAIT
  const end = findClose(text, at + 2, close, final, absent)
  return end === at + 2 + close.length ? undefined : end
}

function findClose(
  text: string,
  from: number,
  close: string,
  final: boolean,
  absent: Set<string>,
): Found<number> {
  const found = absent.has(close) ? -1 : text.indexOf(close, from)
  if (found >= 0) return found + close.length
  absent.add(close)
  return final ? undefined : WAIT
}
