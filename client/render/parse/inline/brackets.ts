/**
 * What a `]` closes: a link, an image, or nothing. [spec] 6.3, 6.4, and the appendix, "look for link or
 * image"
 */
import type { Attribute } from '../sink.ts'
import { WAIT } from '../undecided.ts'
import { pairRuns } from './emphasis.ts'
import { readLabel, readTarget, type Target } from './link.ts'
import type { Scan } from './scan.ts'
import { type Bracket, type Span, type Token, tokenOf } from './token.ts'

/** Reads the `]` at `scan.at`. */
export function closeBracket(scan: Scan): void {
  const { at, text } = scan
  const bracket = scan.brackets.pop()
  const found = bracket?.active ? readTargetAfter(scan, bracket) : undefined
  const footnote =
    bracket && found !== WAIT && !found ? scan.surroundings.footnote(ownLabel(scan, bracket)) : undefined
  if (bracket && footnote) takeReference(scan, bracket, footnote, at + 1)
  else if (!bracket || !found) scan.takeAsItIs(at + 1)
  else if (found === WAIT) {
    scan.wait(bracket.at)
    const expected = scan.surroundings.footnote(ownLabel(scan, bracket))
    // Don't show an address that is still arriving.
    if (text[at + 1] === '(') closeLink(scan, bracket, undefined)
    else if (expected) takeReference(scan, bracket, expected, text.length)
    else bracket.text = ''
    scan.take(text.length, '')
  } else {
    closeLink(scan, bracket, found.target)
    scan.at = found.end
  }
}

/** Reads the target after the `]`, or looks the label up. */
function readTargetAfter(
  scan: Scan,
  bracket: Bracket,
): { target: Target; end: number } | typeof WAIT | undefined {
  const { at, text, final, surroundings } = scan
  const next = at + 1
  if (next === text.length && !final) return WAIT
  if (text[next] === '(') {
    const target = readTarget(text, next, final)
    if (target === WAIT) return WAIT
    if (target) return { target: target.value, end: target.end }
  }
  const label = text[next] === '[' ? readLabel(text, next, final) : undefined
  if (label === WAIT) return WAIT
  const target = surroundings.find(label?.value || ownLabel(scan, bracket))
  return target && { target, end: label?.end ?? next }
}

/** The text between the brackets, if it can be a label. */
function ownLabel({ at, text }: Scan, bracket: Bracket): string {
  return bracket.nested ? '' : text.slice(bracket.at + (bracket.image ? 2 : 1), at)
}

/** Takes the brackets for a reference to a footnote. The `!` before one is text. [gfm] footnotes */
function takeReference(scan: Scan, bracket: Bracket, label: string, end: number): void {
  const { tokens, runs } = scan
  tokens.length = bracket.index
  runs.length = Math.min(runs.length, bracket.runs)
  const span: Span = { kind: 'footnote-reference', attributes: [['label', label]], content: '' }
  tokens.push(tokenOf(bracket.at, bracket.image ? '!' : '', span))
  scan.at = end
}

function closeLink(scan: Scan, bracket: Bracket, target: Target | undefined): void {
  const { at, tokens, runs, brackets } = scan
  // Spans inside a link pair among themselves.
  pairRuns(runs.splice(bracket.runs))
  const inner = tokens.slice(bracket.index + 1)
  bracket.text = ''
  if (bracket.image) {
    tokens.length = bracket.index
    const attributes = attributesOf('src', target)
    attributes.push(['alt', inner.map(plainText).join('')])
    tokens.push(tokenOf(bracket.at, '', { kind: 'image', attributes, content: '' }))
    return
  }
  for (const token of inner) unlink(token, scan.text)
  bracket.opens = [{ kind: 'link', attributes: attributesOf('href', target) }]
  tokens.push({ ...tokenOf(at, ''), closes: 1 })
  // Links can't contain links: deactivate the outer brackets.
  for (let outer = brackets.length - 1; outer >= 0; outer--) {
    const bracket = brackets[outer]
    if (bracket && !bracket.image) bracket.active = false
  }
}

function attributesOf(address: 'src' | 'href', target: Target | undefined): [Attribute, string][] {
  if (!target) return []
  const attributes: [Attribute, string][] = [[address, target.href]]
  if (target.title !== undefined) attributes.push(['title', target.title])
  return attributes
}

/** An autolink or a reference inside a link becomes plain text. */
function unlink(token: Token, source: string): void {
  const [link] = token.opens
  if (link?.kind === 'footnote-reference') {
    token.text = source.slice(token.at, source.indexOf(']', token.at) + 1)
    token.opens = []
  }
  if (link?.kind !== 'link' || link.content === undefined) return
  token.text = link.content
  token.opens = []
}

function plainText({ text, opens }: Token): string {
  const inside = opens.map(
    (span) => span.content || span.attributes?.find(([name]) => name === 'alt')?.[1] || '',
  )
  return text + inside.join('')
}
