/** Ends a text at a word. */

/** Space, punctuation, or a mark of Markdown that closes a word. */
const ENDS_WORD = /^$|[\s.,:;!?…)\]}»”"。、，！？：；」]$|[\p{L}\p{N}][*_`~]+$/u

/** What opens a word, such as a quotation mark, and what joins two. */
const OPENS_WORD = /[^\s\p{L}\p{N}]+$/u

/** Longer words are addresses or code without spaces. */
const MAX_WORD_CHARS = 60

/**
 * The text without its last word, if that may be half a word. Not all languages put spaces between words.
 *
 * @param next what is known to follow the text, if anything is
 * @example
 *   wholeWords('Water drives the whe') // 'Water drives the '
 *   wholeWords('Water drives the wheel', ' of the mill') // 'Water drives the wheel'
 */
export function wholeWords(text: string, next = ''): string {
  if (/^\s/.test(next) || ENDS_WORD.test(text.slice(-MAX_WORD_CHARS))) return text
  const start = Math.max(0, text.length - MAX_WORD_CHARS)
  const words = [...new Intl.Segmenter([], { granularity: 'word' }).segment(text.slice(start))]
  const last = words.findLast(({ isWordLike }) => isWordLike)
  return text.slice(0, start + (last?.index ?? 0)).replace(OPENS_WORD, '')
}
