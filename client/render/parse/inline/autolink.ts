/** Bare addresses that become links: `https://…`, `www.…`, `name@host.example`. [gfm] 6.9 */

export interface Autolink {
  at: number
  end: number
  href: string
  /** Whether the address may continue in text that has not arrived. */
  open: boolean
}

/**
 * Longest local part of a mail address, and so how far a search goes back from an `@`. [rfc] 5321, 4.5.3.1.1
 */
const NAME_CHARS = 64
const NAME = /[\w.+-]/
const LETTER = /[\p{L}\p{N}]/u

const START = /(?:https?|ftp):\/\/|www\./gi
const PARTIAL_START = /(?:https?|ftp):\/?$/i
/** Ends a URL earlier than URLs allow: Chinese and Japanese put no space after one. A mark ends it too. */
const URL_END = /[\s<\udbfc“”‘’«»、。，；：！？（）「」『』【】《》]|$/g
const HOST = /@(?:[\w-]+\.)+[\w-]*[a-z\d]/iy
const PARTIAL_HOST = /@[\w.-]*/y

/** Finds the autolinks of a text in order. */
export class Autolinks {
  readonly #text: string
  readonly #final: boolean
  /**
   * The next URL from the last searched position on. It is kept because it may be far away, with many mail
   * addresses before it.
   */
  #url: { found: Autolink | undefined } | undefined

  /** @param final whether the text is complete */
  constructor(text: string, final: boolean) {
    this.#text = text
    this.#final = final
  }

  /** Finds the first autolink at `from` or later. Calls must not go backwards. */
  find(from: number): Autolink | undefined {
    if (!this.#url || (this.#url.found && this.#url.found.at < from))
      this.#url = { found: findUrl(this.#text, from, this.#final) }
    const { found } = this.#url
    return findMail(this.#text, from, found?.at ?? this.#text.length, this.#final) ?? found
  }
}

/** @returns the index from which on the end of the text may become an autolink when more arrives */
export function autolinkMayStart(text: string, from: number): number {
  let at = text.length - (PARTIAL_START.exec(text.slice(-7))?.[0].length ?? 0)
  const least = Math.max(from, text.length - NAME_CHARS)
  while (at > least && NAME.test(text.charAt(at - 1))) at--
  return at
}

function findUrl(text: string, from: number, final: boolean): Autolink | undefined {
  // `includes` is much faster than the expression, and most texts have no URL.
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

/** Ends an address at a closing bracket that was opened before it, as in the text of a link. */
function beforeBracket(text: string, at: number, end: number): number {
  let depth = 0
  for (let bracket = at; bracket < end; bracket++) {
    if (text[bracket] === '[') depth++
    if (text[bracket] === ']' && --depth < 0) return bracket
  }
  return end
}

/** Removes punctuation that ends the sentence rather than the address, and each `)` without a `(` in it. */
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
    const open = endOf(PARTIAL_HOST, text, sign) === text.length && !final
    const end = open ? text.length : endOf(HOST, text, sign)
    if (end >= 0) return { at, end, href: `mailto:${text.slice(at, end)}`, open }
  }
  return undefined
}

function endOf(sticky: RegExp, text: string, at: number): number {
  sticky.lastIndex = at
  return sticky.test(text) ? sticky.lastIndex : -1
}
