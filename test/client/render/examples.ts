/** CommonMark's own examples, and what is known of those that come out otherwise here. */

import { tests } from 'commonmark-spec'
import { marked } from 'marked'
import { createParser } from '../../../client/render/parse/parser.ts'
import { createTree, type Node, toHtml } from './tree.ts'

export interface Example {
  number: number
  section: string
  markdown: string
  html: string
}

/** Those without raw HTML, which is text here and elements there. */
export const EXAMPLES: Example[] = tests
  .map((example) => ({
    ...example,
    // In the specification a tab is visible.
    markdown: example.markdown.replaceAll('→', '\t'),
    html: example.html.replaceAll('→', '\t'),
  }))
  .filter(({ markdown }) => !hasHtml(markdown))

const STANDS_AS_LINK = 'An address is a link as it stands, as on GitHub.'
const NOT_FOLLOWED =
  'A link leads to `http`, `https` and `mailto` only. The parser reads it as CommonMark does.'

/** Why an example is read otherwise, by its number. */
export const READ_OTHERWISE: Record<number, string> = {
  25: 'Of HTML’s 2,231 named characters, those of HTML 4 are known: the table of all weighs more than the whole renderer.',
  602: STANDS_AS_LINK,
  608: STANDS_AS_LINK,
  611: STANDS_AS_LINK,
  612: STANDS_AS_LINK,
}

/** Why one is read the same, and shown otherwise. */
export const SHOWN_OTHERWISE: Record<number, string> = {
  596: NOT_FOLLOWED,
  598: NOT_FOLLOWED,
  599: NOT_FOLLOWED,
  601: NOT_FOLLOWED,
}

function hasHtml(markdown: string): boolean {
  let found = false
  void marked.walkTokens(marked.lexer(markdown), ({ type }) => {
    if (type === 'html') found = true
  })
  return found
}

/** What is rendered of a text that comes in these parts. */
export function renderTree(parts: Iterable<string>): Node {
  const tree = createTree()
  const parser = createParser(tree)
  for (const part of parts) parser.write(part)
  parser.end()
  return tree.root
}

export function render(parts: Iterable<string>): string {
  return toHtml(renderTree(parts))
}

const BLOCKS = 'p|h[1-6]|[uo]l|li|blockquote|pre|hr|table|thead|tbody|tr|th|td'

/** Without the white space around blocks, which means nothing. */
export function normalize(html: string): string {
  const around = new RegExp(`\\s*(</?(?:${BLOCKS})(?: [^>]*)?/?>)\\s*`, 'g')
  return html
    .split(/(<pre>.*?<\/pre>)/s)
    .map((part, index) => (index % 2 === 0 ? part.replace(around, '$1') : part))
    .join('')
    .trim()
}
