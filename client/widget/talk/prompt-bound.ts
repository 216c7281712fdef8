/**
 * How long a prompt may be, as far as is known, and which earlier turns fit into it.
 *
 * The Worker says its bound in tokens (docs/PROTOCOL.md, `Max-Prompt-Tokens`). The model may take fewer, and
 * says so only by refusing: then prompts of half that length are sent from there on.
 */
import { passedAnswer, sentQuestion, type Turn } from './conversation.ts'

/**
 * Tokens around a message: OpenAI's formula has 3 and the role. And a few around all of them.
 */
const A_MESSAGE = 4
const THE_ANSWER = 4

/**
 * Characters for each token that is assumed, by script. Fewer than texts have with `o200k_base`, so that a
 * prompt that is taken to fit does fit: Latin letters 3.1 (Polish) to 4.4 (English), code 3.1 to 4, Greek,
 * Cyrillic and Arabic 2.7 to 3.7, all others 1.1 (Hebrew with its points) or more. Rarer texts, such as long
 * runs of digits, may have fewer.
 */
const LATIN = 3
const GREEK_TO_CYRILLIC_AND_ARABIC = 2
const OTHERS = 1

/** The most tokens that a text is expected to have. */
export function expectedTokens(text: string): number {
  let latin = 0
  let alphabets = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x250) latin++
    else if ((code >= 0x370 && code < 0x530) || (code >= 0x600 && code < 0x700)) alphabets++
  }
  const others = text.length - latin - alphabets
  return Math.ceil(latin / LATIN + alphabets / GREEK_TO_CYRILLIC_AND_ARABIC + others / OTHERS)
}

/** What most models bill for a megapixel, at the most. */
const A_PICTURE = 1300

export interface PromptBound {
  /** The bound for a model, in tokens; infinite if none is known. */
  of(model: string | undefined): number
  /** What the Worker says; `undefined`: it has no bound. */
  told(tokens: number | undefined): void
  /** A prompt that was expected to have so many tokens was refused as too long. */
  refused(model: string | undefined, tokens: number): void
}

/** Lasts as long as the page: a reload may be of another deployment. */
export function createPromptBound(): PromptBound {
  let said = Number.POSITIVE_INFINITY
  const learned = new Map<string | undefined, number>()
  const of = (model: string | undefined) => Math.min(said, learned.get(model) ?? said)
  return {
    of,
    told(tokens) {
      said = tokens ?? Number.POSITIVE_INFINITY
    },
    refused(model, tokens) {
      // A prompt that was sent before the bound was known tells nothing new.
      if (tokens <= of(model)) learned.set(model, tokens / 2)
    },
  }
}

/** The tokens that a question is expected to have with these turns before it. */
export function promptTokens(asked: Asked, earlier: readonly Turn[]): number {
  return earlier.reduce((sum, turn) => sum + turnTokens(turn), askedTokens(asked))
}

/** How many of these turns fit before the question: the latest ones, each with its answer. */
export function fittingTurns(asked: Asked, earlier: readonly Turn[], bound: number): number {
  if (bound === Number.POSITIVE_INFINITY) return earlier.length
  let room = bound - askedTokens(asked)
  for (let count = 0; count < earlier.length; count++) {
    room -= turnTokens(earlier[earlier.length - 1 - count] as Turn)
    if (room < 0) return count
  }
  return earlier.length
}

type Asked = Pick<Turn, 'question' | 'context' | 'pictures'>

const askedTokens = (asked: Asked) => THE_ANSWER + questionTokens({ ...asked, question: sentQuestion(asked) })

const questionTokens = ({ question, pictures = [] }: Omit<Asked, 'context'>) =>
  A_MESSAGE + expectedTokens(question) + A_PICTURE * pictures.filter(({ url }) => url).length

const turnTokens = (turn: Turn) => questionTokens(turn) + A_MESSAGE + expectedTokens(passedAnswer(turn))
