/** How long a prompt may be. Counting takes a time that the limit bounds, whatever the prompt says. */
import { ApiError } from '../errors.ts'
import type { Question } from '../formats/format.ts'
import { withSuggestions } from '../formats/own-options.ts'
import { COUNTED_CHARS, MAX_CHARS_PER_TOKEN } from '../limits.ts'
import { countChat } from '../tokens/chat.ts'
import type { Counter } from '../tokens/counter.ts'
import { mostByName } from '../tokens/model-name.ts'
import { mostTokens } from '../tokens/part-tokens.ts'
import { namesOf } from '../upstreams/plan.ts'
import type { Rules } from './policy.ts'

export interface PromptLimits {
  /** `undefined`: no limit. */
  maxInputTokens: number | undefined
  /** The most that a part of unknown cost can have; `undefined`: such a part is refused. */
  maxPartTokens: number | undefined
  upstream: Pick<Rules['upstream'], 'routes'>
}

/** @returns the most tokens that the prompt can be billed with, or why it is refused */
export function countPrompt(
  question: Pick<Question, 'mostPromptTokens' | 'promptField'>,
  model: string,
  counter: Counter,
  { maxInputTokens: most, maxPartTokens, upstream }: PromptLimits,
): number | ApiError {
  const names = namesOf(upstream, model)
  const bounded = countAtMost(counter, most ?? Number.POSITIVE_INFINITY)
  const tokens = question.mostPromptTokens(
    model,
    bounded,
    (part) => mostByName(names, (name) => mostTokens(part, name)) ?? maxPartTokens,
  )
  if (tokens instanceof ApiError) return tokens
  if (most === undefined || (bounded.whole() && tokens <= most)) return tokens
  const found = bounded.whole() ? `${tokens} tokens` : bounded.seen()
  return new ApiError('prompt_too_long', {
    message: `The prompt has ${found}; ${most} tokens are the most that is allowed here.`,
    param: question.promptField,
  })
}

/**
 * The most tokens that a caller's own messages may have: what the owner's prompt leaves of the limit.
 *
 * @returns `undefined`: no limit
 */
export function maxOwnTokens(
  { maxInputTokens: most, counterFor, visitor }: Pick<Rules, 'maxInputTokens' | 'counterFor' | 'visitor'>,
  model: string,
): number | undefined {
  const systemPrompt = visitor?.suggestions ? withSuggestions(visitor.systemPrompt) : visitor?.systemPrompt
  if (most === undefined || counterFor === undefined || systemPrompt === undefined) return most
  const owners = countChat([{ role: 'system', content: systemPrompt }], model, counterFor(model))
  return Math.max(0, most - owners)
}

/** A counter that stops once it is certain that there are too many. */
function countAtMost(counter: Counter, most: number) {
  const mostChars = most * MAX_CHARS_PER_TOKEN
  let tokens = 0
  let chars = 0
  const whole = () => tokens <= most && chars <= mostChars

  function count(text: string): number {
    chars += text.length
    if (!whole()) return 0
    const found = text.length <= COUNTED_CHARS ? counter.count(text) : countLong(text, most - tokens)
    tokens += found
    return found
  }

  function countLong(text: string, left: number): number {
    const counting = counter.incremental()
    for (let from = 0; from < text.length && counting.committed <= left; from += COUNTED_CHARS) {
      counting.push(text.slice(from, from + COUNTED_CHARS))
    }
    return counting.committed > left ? counting.committed : counting.end()
  }

  const seen = () => (tokens > most ? `more than ${most} tokens` : `more than ${mostChars} characters`)
  return { count, whole, seen }
}
