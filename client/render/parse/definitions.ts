/** Link reference definitions: `[label]: /address "title"`, at the start of a paragraph. [spec] 4.7 */
import {
  normalizeLabel,
  type Read,
  readDestination,
  readLabel,
  readTitle,
  skipSpace,
  type Target,
} from './inline/link.ts'
import { type Found, WAIT } from './undecided.ts'

export interface Definition {
  name: string
  target: Target
}

/** @param final whether the paragraph ends with `text` */
export function readDefinition(text: string, at: number, final: boolean): Found<Read<Definition>> {
  const label = readLabel(text, at, final)
  if (label === WAIT || label === undefined) return label
  const name = normalizeLabel(label.value)
  if (label.end === text.length && !final) return WAIT
  if (name === '' || text[label.end] !== ':') return undefined
  const href = readDestination(text, skipSpace(text, label.end + 1), final)
  if (href === WAIT || href === undefined) return href

  const space = skipSpace(text, href.end)
  if (space === text.length && !final) return WAIT
  const title = space > href.end ? readTitle(text, space, final) : undefined
  if (title === WAIT) return WAIT
  const withTitle = title && lineEnd(text, title.end, final)
  if (withTitle === WAIT) return WAIT
  if (withTitle !== undefined) {
    return { value: { name, target: { href: href.value, title: title?.value } }, end: withTitle }
  }
  const end = lineEnd(text, href.end, final)
  if (end === WAIT || end === undefined) return end
  return { value: { name, target: { href: href.value, title: undefined } }, end }
}

/** @returns where the next line begins, if only white space precedes it */
function lineEnd(text: string, from: number, final: boolean): Found<number> {
  let at = from
  while (text[at] === ' ' || text[at] === '\t') at++
  if (at === text.length) return final ? at : WAIT
  return text[at] === '\n' ? at + 1 : undefined
}
