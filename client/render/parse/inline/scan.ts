/**
 * Inline text → tokens, from left to right: code, links, escapes, and runs of delimiters, which are paired
 * later. [spec] 6, and the appendix, phase 2
 */
import { MARK_HALF, markAt } from '../source-marks.ts'
import { spacesBefore } from '../spaces.ts'
import { WAIT } from '../undecided.ts'
import { type Autolink, Autolinks, autolinkMayStart } from './autolink.ts'
import { closeBracket } from './brackets.ts'
import { readRun } from './emphasis.ts'
import { decodeEntity, isPunctuation } from './escapes.ts'
import type { Target } from './link.ts'
import {
  lastBackticks,
  mayBeAngled,
  partialCode,
  readAngled,
  readCode,
  readDelimited,
  readDollars,
  readTag,
} from './spans.ts'
import { type Bracket, linkTo, type Run, type Span, type Token, tokenOf } from './token.ts'

/** What the meaning of a text depends on beside its own characters. */
export interface Surroundings {
  /** Looks up the label of a link. */
  find(label: string): Target | undefined
  /** @returns the normalized label, if `[label]` is a reference to a footnote, or most likely becomes one */
  footnote(label: string): string | undefined
  readonly inCell: boolean
}

/** Not all of it: an address may begin soon, and then what follows is read again. */
const PLAIN = /[^\\`*_~[\]!<&$\n\udbfc]{1,1024}/y
const RUN = /\*+|_+|~+/y
const BACKTICKS = /`+/y
const LINE_BREAK = /<br[ \t]*\/?>/iy
const ENTITY = /&(#\d{1,7}|#x[\da-f]{1,6}|[a-z][a-z\d]{1,31});/iy
const PARTIAL_REFERENCE = /!?\[(?:\^\d{0,3})?$/y
const PARTIAL_ENTITY = /&#?[a-z\d]{0,31}$/iy

/** The closing sign of TeX math, by the character after the opening backslash. */
const MATH_CLOSE: Record<string, string> = { '(': '\\)', '[': '\\]' }

/**
 * Scans `text` from `from` on; everything before is settled.
 *
 * Unless the text is `final`, undecided syntax is read as it most likely continues.
 */
export class Scan {
  readonly tokens: Token[] = []
  readonly runs: Run[] = []
  /** The open brackets, outermost first. */
  readonly brackets: Bracket[] = []
  /** Text from here on may still change its meaning. */
  undecided = Number.POSITIVE_INFINITY
  /** Closing signs that the text is known not to have. */
  readonly #absent = new Set<string>()
  /** Where the last run of backticks of each length begins. */
  #backticks: ReadonlyMap<number, number> | undefined
  /** The current position. */
  at: number
  readonly text: string
  readonly final: boolean
  readonly surroundings: Surroundings

  constructor(text: string, from: number, final: boolean, surroundings: Surroundings) {
    this.text = text
    this.at = from
    this.final = final
    this.surroundings = surroundings
    this.#scan()
    if (final) return
    this.wait(autolinkMayStart(text, from))
    this.wait(spacesBefore(text, text.length))
  }

  /** Marks text from `since` on as undecided, or from the open bracket around it. */
  wait(since: number): void {
    const bracket = this.brackets.find(({ active }) => active)
    this.undecided = Math.min(this.undecided, since, bracket?.at ?? since)
  }

  /** Adds a token for the source up to `end`: it shows `shown` and then opens `spans`. */
  take(end: number, shown: string, ...spans: Span[]): void {
    this.tokens.push(tokenOf(this.at, shown, ...spans))
    this.at = end
  }

  takeAsItIs(end: number): void {
    this.take(end, this.text.slice(this.at, end))
  }

  #takePlain(end: number): void {
    this.tokens.push({ ...tokenOf(this.at, this.text.slice(this.at, end)), plain: true })
    this.at = end
  }

  #scan(): void {
    const { text, final } = this
    const links = new Autolinks(text, final)
    let link = links.find(this.at)
    while (this.at < text.length) {
      if (link && link.at < this.at) link = links.find(this.at)
      if (link?.at === this.at) {
        this.#takeAutolink(link)
        continue
      }
      PLAIN.lastIndex = this.at
      const plain = PLAIN.test(text) ? PLAIN.lastIndex : this.at
      if (plain > this.at) this.#takePlain(Math.min(plain, link?.at ?? plain))
      else this.#takeSpecial(text.charAt(this.at))
    }
  }

  #takeSpecial(char: string): void {
    const { at, text } = this
    if (char === '\n') this.#takeNewline()
    else if (char === '\\') this.#takeEscape()
    else if (char === '`') this.#takeCode()
    else if (char === '<') this.#takeAngle()
    else if (char === '&') this.#takeEntity()
    else if (char === '$') this.#takeDollar()
    else if (char === '[') this.#openBracket('[')
    else if (char === ']') closeBracket(this)
    else if (char === MARK_HALF) this.#takeMark()
    else if (char !== '!') this.#takeRun()
    else if (text[at + 1] === '[') this.#openBracket('![')
    else if (this.#ends(at + 1)) this.take(at + 1, '')
    else this.takeAsItIs(at + 1)
  }

  /** Whether syntax that began at `at` may continue beyond `end`, where the text ends so far. */
  #ends(end: number): boolean {
    const ends = end === this.text.length && !this.final
    if (ends) this.wait(this.at)
    return ends
  }

  #takeNewline(): void {
    const { at, text, tokens } = this
    const spaces = spacesBefore(text, at)
    const last = tokens.at(-1)
    if (last && last.opens.length === 0) last.text = last.text.slice(0, Math.max(0, spaces - last.at))
    if (at + 1 === text.length && !this.final) this.wait(spaces)
    if (text.slice(spaces, at).endsWith('  ')) this.#takeBreak(at + 1)
    else this.takeAsItIs(at + 1)
  }

  /** Belongs to the line end: at the end of the text there is no break. */
  #takeBreak(end: number): void {
    this.take(end, '', { kind: 'break', content: '' })
    this.take(end, '\n')
  }

  #takeEscape(): void {
    const { at, text, final } = this
    const next = text.charAt(at + 1)
    const close = MATH_CLOSE[next]
    const math = close && readDelimited(text, at, close, final, this.#absent)
    if (math === WAIT) this.wait(at)
    if (math === WAIT) this.takeAsItIs(text.length)
    else if (math) this.#takeFormula(math)
    else if (this.#ends(at + 1)) this.take(at + 1, '')
    else if (next === '\n') {
      this.#ends(at + 2)
      this.#takeBreak(at + 2)
    } else if (isPunctuation(next)) this.take(at + 2, next)
    else this.takeAsItIs(at + 1)
  }

  #takeCode(): void {
    const { at, text, final } = this
    this.#backticks ??= lastBackticks(text, at)
    const code = readCode(text, at, final, this.#backticks)
    if (code === WAIT) {
      this.wait(at)
      const content = partialCode(text, at)
      this.take(text.length, '', ...(content === '' ? [] : [{ kind: 'code', content } as const]))
    } else if (code) this.take(code.end, '', { kind: 'code', content: code.value })
    else this.takeAsItIs(endOf(BACKTICKS, text, at))
  }

  #takeAngle(): void {
    const { at, text, final } = this
    const lineBreak = this.surroundings.inCell ? endOf(LINE_BREAK, text, at) : -1
    if (lineBreak > 0) {
      this.take(lineBreak, '', { kind: 'break', content: '' })
      return
    }
    const link = readAngled(text, at)
    const tag = link ? undefined : readTag(text, at, final, this.#absent)
    const half = !final && !link && mayBeAngled(text, at)
    if (tag === WAIT || half) this.wait(at)
    if (link) this.take(link.end, '', linkTo(link.value.href, link.value.text))
    else if (half && /[:@]/.test(text.slice(at))) this.take(text.length, '')
    else this.takeAsItIs(typeof tag === 'number' ? tag : at + 1)
  }

  #takeEntity(): void {
    const { at, text, final } = this
    ENTITY.lastIndex = at
    const [all = '', name = ''] = ENTITY.exec(text) ?? []
    const character = name === '' ? undefined : decodeEntity(name)
    if (character) this.take(at + all.length, character)
    else if (!final && endOf(PARTIAL_ENTITY, text, at) > 0) {
      this.wait(at)
      this.take(text.length, '')
    } else this.takeAsItIs(at + 1)
  }

  #takeDollar(): void {
    const { at, text, final } = this
    const end = readDollars(text, at, final, this.#absent)
    if (end === WAIT) this.wait(at)
    const display = text[at + 1] === '$'
    if (typeof end === 'number') this.#takeFormula(end)
    else if (end === WAIT && display) this.takeAsItIs(text.length)
    else this.takeAsItIs(at + (display ? 2 : 1))
  }

  #takeFormula(end: number): void {
    const tex = this.text.slice(this.at, end)
    this.take(end, '', { kind: 'formula', attributes: [['tex', tex]], content: '' })
  }

  #takeMark(): void {
    const { at, text } = this
    const label = String(markAt(text, at))
    this.take(at + 2, '', { kind: 'source-mark', attributes: [['label', label]], content: '' })
  }

  #takeAutolink({ at, end, href, open }: Autolink): void {
    if (open) this.wait(at)
    if (open) this.takeAsItIs(end)
    else this.take(end, '', linkTo(href, this.text.slice(at, end)))
  }

  #takeRun(): void {
    const { at, text } = this
    const end = endOf(RUN, text, at)
    if (this.#ends(end)) this.take(end, '')
    else {
      const run = readRun(text, at, end)
      this.runs.push(run)
      this.tokens.push(run)
      this.at = end
    }
  }

  #openBracket(sign: '[' | '!['): void {
    const { at, text, final, tokens, runs, brackets } = this
    if (!final && endOf(PARTIAL_REFERENCE, text, at) > 0) {
      this.wait(at)
      this.take(text.length, '')
      return
    }
    const outer = brackets.at(-1)
    if (outer) outer.nested = true
    const place = { image: sign !== '[', index: tokens.length, runs: runs.length }
    const bracket: Bracket = { ...tokenOf(at, sign), ...place, nested: false, active: true }
    brackets.push(bracket)
    tokens.push(bracket)
    this.at = at + sign.length
  }
}

function endOf(sticky: RegExp, text: string, at: number): number {
  sticky.lastIndex = at
  return sticky.test(text) ? sticky.lastIndex : -1
}
