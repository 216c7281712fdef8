/** The upstream's count of a call's tokens, in the Responses API's names and in the ones used here. */
import { isRecord } from '../../protocol/json.ts'
import type { Usage } from '../../protocol/wire.ts'
import { isTokenCount } from '../../tokens/token-count.ts'

/** @returns the usage of a response, if it is plausible. What its tools used is billed apart, and kept. */
export function usageIn(response: unknown): Usage | undefined {
  if (!isRecord(response) || !isRecord(response.usage)) return undefined
  const { input_tokens, output_tokens, total_tokens, input_tokens_details, output_tokens_details } =
    response.usage
  if (!isTokenCount(input_tokens) || !isTokenCount(output_tokens)) return undefined
  const sum = input_tokens + output_tokens
  if (!isTokenCount(sum)) return undefined
  return {
    prompt_tokens: input_tokens,
    completion_tokens: output_tokens,
    total_tokens: isTokenCount(total_tokens) ? total_tokens : sum,
    ...(isRecord(input_tokens_details) && { prompt_tokens_details: input_tokens_details }),
    ...(isRecord(output_tokens_details) && { completion_tokens_details: output_tokens_details }),
    ...(isRecord(response.tool_usage) && { tool_usage: response.tool_usage }),
  }
}

/** The same as a response has it. */
export function responseUsage(usage: Usage): Record<string, unknown> {
  const { prompt_tokens_details, completion_tokens_details } = usage
  return {
    input_tokens: usage.prompt_tokens,
    input_tokens_details: prompt_tokens_details ?? { cached_tokens: 0 },
    output_tokens: usage.completion_tokens,
    output_tokens_details: completion_tokens_details ?? { reasoning_tokens: 0 },
    total_tokens: usage.total_tokens,
  }
}
