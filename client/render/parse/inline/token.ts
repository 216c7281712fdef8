/** The tokens of inline text: a flat list in which spans open and close. */
import type { Attribute, Inline } from '../sink.ts'
import { toAddress } from './link.ts'

export interface Token {
  /** Where the token begins in the source. */
  at: number
  /** How many spans the token closes, before its text. */
  closes: number
  text: string
  /** The spans that the token opens, after its text. */
  opens: Span[]
  /** Whether the token can be split anywhere without changing its meaning. */
  plain?: boolean
}

export interface Span {
  kind: Inline
  attributes?: [Attribute, string][]
  /** All of the span's content. Such a span closes at once. */
  content?: string
}

/** A run of `*`, `_` or `~`. The characters that open or close nothing are text. */
export interface Run extends Token {
  char: string
  length: number
  canOpen: boolean
  canClose: boolean
  /** The nearest earlier run that can still open a span. */
  below: Run | undefined
}

/** A `[` or `![` that may begin a link or an image. */
export interface Bracket extends Token {
  image: boolean
  /** Index of the bracket among the tokens. */
  index: number
  /** Number of runs before the bracket. */
  runs: number
  /** Whether another bracket follows inside, so that the text can't be a label. */
  nested: boolean
  /** Whether the bracket can still become a link: links can't contain links. */
  active: boolean
}

export function tokenOf(at: number, text: string, ...opens: Span[]): Token {
  return { at, closes: 0, text, opens }
}

/** A link whose text is its own address. */
export function linkTo(href: string, content: string): Span {
  return { kind: 'link', attributes: [['href', toAddress(href)]], content }
}
