/**
 * What a call is charged, in tokens. An upstream that was at work and sent no count of it may have made more
 * than what came: hidden reasoning, or an answer whose caller left before its first byte. Such work is
 * charged by the second. Pure.
 */
import type { Counted, Tokens } from '../answer/usage.ts'
import type { ApiError } from '../errors.ts'
import type { EndState } from '../protocol/wire.ts'

/** What a call upstream did. Times in milliseconds. */
export interface Work {
  /** How long each attempt worked that ended without an answer and may have cost tokens. */
  lost: readonly number[]
  /** The answer, if one began. */
  answer?: AnswerWork | undefined
}

export interface AnswerWork {
  /** What was counted of it; `undefined`: it could not be counted. */
  counted: Counted | undefined
  /** Whether all of it came: then nothing was made unseen. */
  isWhole: boolean
  /** From the attempt to the end of the upstream's part. */
  ms: number
}

/** By what a call is charged. */
export interface Terms {
  /** Of the prompt; counted on demand if it was not counted before the call. */
  promptTokens(): number
  /** The tokens that were put aside for the answer. */
  output: number
  /** The tokens charged for each second of work that can't be seen. */
  unseenPerSecond: number
}

/** What a call came to, for the log and the budget. */
export interface CallAccount {
  end?: EndState | undefined
  /** That were sent to the caller. */
  bytes?: number | undefined
  /** What was counted of an answer. */
  tokens?: Tokens | undefined
  /** Why an answer that had begun is not whole. */
  error?: ApiError | undefined
  /** When a streamed answer's first token came, in milliseconds since the epoch. */
  firstToken?: number | undefined
  /** Tokens in all; `undefined`: the call has cost nothing. */
  charged: number | undefined
}

/**
 * What was counted is charged in full. What can only be guessed fills up what was put aside, and no more.
 *
 * @returns tokens in all; `undefined`: no attempt was made that may have cost any
 */
export function chargeOf({ lost, answer }: Work, terms: Terms): number | undefined {
  if (lost.length === 0 && answer === undefined) return undefined
  const seen = answer?.counted
  const { prompt_tokens, completion_tokens } = seen?.tokens ?? { prompt_tokens: 0, completion_tokens: 0 }
  const known = prompt_tokens + completion_tokens
  // An answer without a word, as of a model that spent all its tokens on thought, tells nothing either.
  const isAllSeen = answer === undefined || seen?.isFinal || (answer.isWhole && completion_tokens > 0)
  if (isAllSeen && lost.length === 0) return known
  const prompt = terms.promptTokens()
  const guess = (ms: number) => prompt + Math.ceil((ms / 1000) * terms.unseenPerSecond)
  const ofAnswer = isAllSeen ? known : Math.max(known, guess(answer.ms))
  const likely = lost.reduce((sum, ms) => sum + guess(ms), ofAnswer)
  return Math.max(known, Math.min(likely, prompt + terms.output))
}
