/** Counts the tokens of a prompt, in whatever form a format has put it. */
import { ApiError } from '../errors.ts'
import { type CountedMessage, countChat } from '../tokens/chat.ts'
import { assumedTokens, type PromptPart } from '../tokens/part-tokens.ts'
import type { TextCounter } from './format.ts'

/** What the model reads of a request. */
export interface Prompt {
  messages: readonly CountedMessage[]
  /** What isn't text. */
  parts: readonly PlacedPart[]
  /** What it reads besides, in a form close to its JSON. */
  others: readonly unknown[]
}

export interface PlacedPart {
  part: PromptPart
  /** `param` of an error about it. */
  param: string
}

/** @returns the prompt's tokens, to be shown: exact for texts, and usual ones for parts of unknown cost */
export function promptTokens(prompt: Prompt, model: string, counter: TextCounter): number {
  const parts = prompt.parts.reduce((sum, { part }) => sum + assumedTokens(part, model), 0)
  return parts + textTokens(prompt, model, counter)
}

/**
 * @param mostOf of a part that isn't text; `undefined`: it is refused, since its cost is unknown
 * @returns the most tokens that the upstream can bill for the prompt, to be reserved
 */
export function mostPromptTokens(
  prompt: Prompt,
  model: string,
  counter: TextCounter,
  mostOf: (part: PromptPart) => number | undefined,
): number | ApiError {
  let tokens = 0
  for (const { part, param } of prompt.parts) {
    const most = mostOf(part)
    if (most === undefined) return costUnknown(param)
    tokens += most
  }
  return tokens + textTokens(prompt, model, counter)
}

export function costUnknown(param: string): ApiError {
  return new ApiError('cost_unknown', {
    message: `It is not known how many tokens \`${param}\` can cost with this model, so none can be reserved for it.`,
    param,
  })
}

function textTokens({ messages, others }: Prompt, model: string, counter: TextCounter): number {
  return others
    .filter(mayHoldText)
    .reduce(
      (sum: number, value) => sum + counter.count(JSON.stringify(value)),
      countChat(messages, model, counter),
    )
}

const mayHoldText = (value: unknown) =>
  value !== '' && (typeof value === 'string' || typeof value === 'object') && value !== null
