/** What inline text is cut into: a flat list, in which spans open and close. */
import type { Attribute, Inline } from '../sink.ts'
import { toAddress } from './link.ts'

export interface Token {
  /** Where it begins in the source. */
  at: number
  /** How many spans it closes, before its text. */
  closes: number
  text: string
  /** The spans that it opens, after its text. */
  opens: Span[]
  /** Whether any part of it means the same by itself. */
  plain?: boolean
}

export interface Span {
  kind: Inline
  attributes?: [Attribute, string][]
  /** All of its content: it closes at once. */
  content?: string
}

/** Some `*`, `_` or `~`. What of them opens or closes nothing in the end is text. */
export interface Run extends Token {
  char: string
  length: number
  canOpen: boolean
  canClose: boolean
  /** The nearest one before it that can still open something. */
  below: Run | undefined
}

/** A `[` or `![` that may begin a link or an image. */
export interface Bracket extends Token {
  image: boolean
  /** Its place among the tokens. */
  index: number
  /** How many runs came before it. */
  runs: number
  /** Whether another one came after it: then its text is no label. */
  nested: boolean
  /** Not around a link. */
  active: boolean
}

export function tokenOf(at: number, text: string, ...opens: Span[]): Token {
  return { at, closes: 0, text, opens }
}

/** A link that shows its own address. */
export function linkTo(href: string, content: string): Span {
  return { kind: 'link', attributes: [['href', toAddress(href)]], content }
}
