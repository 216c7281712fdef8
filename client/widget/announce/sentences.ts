/** Splits growing text into its complete sentences. */
import { cutAtClauses, MAX_ANNOUNCEMENT_CHARS } from './clauses.ts'

/** A longer sentence without an end is spoken in parts. */
const LONGEST_WAIT_CHARS = 2 * MAX_ANNOUNCEMENT_CHARS

const LETTER = /\p{L}/u
/** A character that a voice can say, unlike punctuation. */
const SAYABLE = /[\p{L}\p{N}\p{Sc}\p{Sm}\p{So}]/u

export interface Sentences {
  sentences: string[]
  /** How much of the text the sentences cover. */
  length: number
}

/**
 * A sentence is complete once the next one has begun with a letter, because the boundary can depend on that:
 * `etc. (` may continue as `etc. (as it were)` or as `etc. (As it was.)`. [spec] UAX 29, SB8
 *
 * @param text has spaces instead of line ends, which would end sentences too
 * @param ended whether the text is complete
 */
export function completeSentences(text: string, ended: boolean, segmenter: Intl.Segmenter): Sentences {
  const segments = [...segmenter.segment(text)].map(({ segment }) => segment)
  let rest = ''
  while (!ended && segments.length > 0 && !LETTER.test(rest)) rest = segments.pop() + rest
  if (rest.length > LONGEST_WAIT_CHARS) {
    const parts = cutAtClauses(rest)
    rest = parts.pop() ?? ''
    segments.push(...parts)
  }
  const sentences = segments
    .flatMap((sentence) => cutAtClauses(sentence.replace(/\s+/g, ' ').trim()))
    .map((part) => part.trim())
    .filter((part) => SAYABLE.test(part))
  return { sentences, length: text.length - rest.length }
}
