/** Determines which code block is open at the end of a Markdown text. */

/** [spec] CommonMark 0.31 §4.5; the info string of a backtick fence has no backtick. */
const FENCE = /^( *)(`{3,}(?=[^`]*$)|~{3,})/

/** A fence after a list or quote marker, or a tab: whether it is one depends on all lines above. */
const FENCE_SOMEWHERE = /^[\s>*+-]*(?:\d{1,9}[.)][\s>*+-]*)*(?:`{3,}[^`]*$|~{3,})/

/** [spec] §4.6, kinds 1 to 5: continue across blank lines to their own end. */
const HTML = /^[\s>*+-]*(?:\d{1,9}[.)][\s>*+-]*)*<(?:script|pre|style|textarea|!|\?)/i
const HTML_ENDS = /<\/(?:script|pre|style|textarea)>|-->|\?>|<![a-z][^>]*>|\]\]>/i

/** [spec] §4.6, kinds 6 and 7: continue to a blank line. */
const TAG = /^[\s>*+-]*(?:\d{1,9}[.)][\s>*+-]*)*<[a-z/]/i

/**
 * The fence that closes the code block open at the end of `markdown`; '' if none is open; `undefined` if only
 * a whole parser could tell. A wrong guess would turn all following text into code.
 *
 * @example
 *   openEnd('Like this:\n\n```js\nlet a') // '```'
 */
export function openEnd(markdown: string): string | undefined {
  let open: { indent: number; fence: string } | undefined
  let afterTag = false
  for (const line of markdown.split(/\r\n|\r|\n/)) {
    if (open) {
      const end = endsCode(line, open)
      if (end === undefined) return undefined
      if (end) open = undefined
      continue
    }
    const [, spaces = '', fence] = FENCE.exec(line) ?? []
    if (fence !== undefined && !afterTag) open = { indent: spaces.length, fence }
    else if (FENCE_SOMEWHERE.test(line)) return undefined
    else if (HTML.test(line) && !HTML_ENDS.test(line)) return undefined
    afterTag = line.trim() !== '' && (afterTag || TAG.test(line))
  }
  if (!open) return ''
  // An indented fence may be in a list item, and end with it.
  return open.indent === 0 ? open.fence : undefined
}

/** @returns `undefined` if it depends on whether the code is in a list item */
function endsCode(line: string, { indent, fence }: { indent: number; fence: string }): boolean | undefined {
  if (line.trim() === '') return false
  const own = line.length - line.trimStart().length
  const text = line.trim()
  const closes = text.length >= fence.length && text === fence.charAt(0).repeat(text.length)
  if (indent === 0) return closes && own <= 3 && !line.startsWith('\t')
  if (own < indent || line.slice(0, own).includes('\t') || (closes && own !== indent)) return undefined
  return closes
}
