/** Addresses that are links as they stand: `https://…`, `www.…`, `name@host.example`. [gfm] 6.9 */

export interface Autolink {
  at: number
  end: number
  href: string
  /** Whether more of it may come. */
  open: boolean
}

/** The longest name before an `@`, and so what is looked back for. [rfc] 5321, 4.5.3.1.1 */
const NAME_CHARS = 64
const NAME = /[\w.+-]/
const LETTER = /[\p{L}\p{N}]/u

const START = /(?:https?|ftp):\/\/|www\./gi
const HALF_START = /(?:https?|ftp):\/?$/i
/** Not all that a URL may have: in Chinese and Japanese no space follows it. */
const URL_END = /[\s<“”‘’«»、。，；：！？（）「」『』【】《》]|$/g
const HOST = /@(?:[\w-]+\.)+[\w-]*[a-z\d]/iy
const HALF_HOST = /@[\w.-]*/y

/** Those of a text, from its start to its end. */
export class Autolinks {
  readonly #text: string
  readonly #final: boolean
  /** The first URL that was not passed yet: it is far to some, with many mail addresses on the way. */
  #url: { found: Autolink | undefined } | undefined

  /** @param final whether nothing comes after the text */
  constructor(text: string, final: boolean) {
    this.#text = text
    this.#final = final
  }

  /** Finds the first one that begins at `from` or later, where nothing before is asked for again. */
  find(from: number): Autolink | undefined {
    if (!this.#url || (this.#url.found && this.#url.found.at < from))
      this.#url = { found: findUrl(this.#text, from, this.#final) }
    const { found } = this.#url
    return findMail(this.#text, from, found?.at ?? this.#text.length, this.#final) ?? found
  }
}

/** @returns from where on the text may become one, when more comes */
export function autolinkMayStart(text: string, from: number): number {
  let at = text.length - (HALF_START.exec(text.slice(-7))?.[0].length ?? 0)
  const least = Math.max(from, text.length - NAME_CHARS)
  while (at > least && NAME.test(text.charAt(at - 1))) at--
  return at
}

function findUrl(text: string, from: number, final: boolean): Autolink | undefined {
  // Much faster than the expression, and most texts have neither.
  if (!text.includes('://', from) && !text.includes('www.', from)) return undefined
  START.lastIndex = from
  for (let found = START.exec(text); found; found = START.exec(text)) {
    const { 0: start, index: at } = found
    const before = text.charAt(at - 1)
    const bare = start === 'www.'
    if (bare ? /[^\s*_~(]/.test(before) : LETTER.test(before) || start.endsWith('.')) continue
    const host = text.charAt(START.lastIndex)
    if (host !== '' && !LETTER.test(host)) continue
    URL_END.lastIndex = START.lastIndex
    let end = beforeBracket(text, at, URL_END.exec(text)?.index ?? text.length)
    const open = end === text.length && !final
    if (!open && host === '') continue
    end = trimEnd(text, at, end)
    return { at, end, href: (bare ? 'http://' : '') + text.slice(at, end), open }
  }
  return undefined
}

/** What is in brackets, such as a link's text, ends with them. */
function beforeBracket(text: string, at: number, end: number): number {
  let depth = 0
  for (let bracket = at; bracket < end; bracket++) {
    if (text[bracket] === '[') depth++
    if (text[bracket] === ']' && --depth < 0) return bracket
  }
  return end
}

/** Takes off what ends a sentence or a span rather than the address, and a `)` that was opened before it. */
function trimEnd(text: string, at: number, from: number): number {
  const url = text.slice(at, from)
  let surplus = url.split(')').length - url.split('(').length
  for (let end = from; ; ) {
    const last = text.charAt(end - 1)
    const entity =
      last === ';' ? (/&[a-z\d]+;$/i.exec(text.slice(Math.max(at, end - 33), end))?.[0].length ?? 1) : 0
    if (entity > 0) end -= entity
    else if ('?!.,:*_~\'"'.includes(last) || (last === ')' && surplus-- > 0)) end--
    else return end
  }
}

function findMail(text: string, from: number, to: number, final: boolean): Autolink | undefined {
  for (let sign = text.indexOf('@', from); sign >= 0; sign = text.indexOf('@', sign + 1)) {
    let at = sign
    while (sign - at <= NAME_CHARS && NAME.test(text.charAt(at - 1))) at--
    if (sign - at > NAME_CHARS) continue
    at = Math.max(at, from)
    while (at < sign && !LETTER.test(text.charAt(at))) at++
    if (at >= to) return undefined
    if (at === sign) continue
    const open = endOf(HALF_HOST, text, sign) === text.length && !final
    const end = open ? text.length : endOf(HOST, text, sign)
    if (end >= 0) return { at, end, href: `mailto:${text.slice(at, end)}`, open }
  }
  return undefined
}

function endOf(sticky: RegExp, text: string, at: number): number {
  sticky.lastIndex = at
  return sticky.test(text) ? sticky.lastIndex : -1
}
