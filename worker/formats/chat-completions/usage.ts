/** Finds the upstream's count of a call's tokens in an event or an answer. */
import { isRecord } from '../../protocol/json.ts'
import type { Usage } from '../../protocol/wire.ts'
import { isTokenCount } from '../../tokens/token-count.ts'

/**
 * @param value a chunk, an unstreamed answer, or any other event
 * @returns the first plausible usage. Most upstreams have it at the top level, Groq in `x_groq`, and
 *   Moonshot in the choice
 */
export function usageIn(value: unknown): Usage | undefined {
  if (!isRecord(value)) return undefined
  const { usage, x_groq: groq, choices } = value
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
  const found = [usage, isRecord(groq) ? groq.usage : undefined, isRecord(choice) ? choice.usage : undefined]
  return found.find(isUsage)
}

function isUsage(value: unknown): value is Usage {
  if (!isRecord(value)) return false
  const { prompt_tokens: prompt, completion_tokens: completion } = value
  return isTokenCount(prompt) && isTokenCount(completion) && isTokenCount(prompt + completion)
}
