/** The sentences of a text that grows, as far as they are complete. */
import { cutAtClauses, MOST_CHARS } from './clauses.ts'

/** Without an end for so long, it is spoken in parts before it has one. */
const LONGEST_WAIT_CHARS = 2 * MOST_CHARS

const LETTER = /\p{L}/u
/** Anything that a voice can say: not mere marks. */
const SAYABLE = /[\p{L}\p{N}\p{Sc}\p{Sm}\p{So}]/u

export interface Sentences {
  sentences: string[]
  /** Of how much of the text they are. */
  length: number
}

/**
 * A sentence is complete when the next one has begun with a letter: where a sentence ends can depend on that. `etc. (` may
 * go on as `etc. (as it were)` or as `etc. (As it was.)`. [spec] UAX 29, SB8
 *
 * @param text with spaces for line ends, which would be ends of sentences too
 * @param ended whether nothing follows
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
