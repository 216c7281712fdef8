/**
 * Looks for the upstream's count in an answer that is not parsed: a picture or a vector can have megabytes.
 */
import { MAX_USAGE_CHARS } from '../../limits.ts'
import { isRecord, parseJson } from '../../protocol/json.ts'
import { TOKENS_PER_SECOND } from '../../tokens/sound-tokens.ts'
import { isTokenCount } from '../../tokens/token-count.ts'

export interface PassedUsage {
  prompt_tokens: number
  completion_tokens: number
}

export interface UsageSearch {
  /** Takes the answer's bytes, in order. */
  push(bytes: Uint8Array): void
  /** @returns the usage so far, if a plausible one has come */
  found(): PassedUsage | undefined
}

/**
 * `"usage":{…}`, with objects of one level in it. Within a JSON string its quotes would be escaped, so no
 * text of an answer is taken for it. The authoring of an SVG is billed beside its picture.
 */
const USAGE = /"(?:svg_)?usage"\s*:\s*(\{(?:[^{}]|\{[^{}]*\})*\})/g

/** @param sums whether each one counts, in place of the last */
export function searchUsage(sums: boolean): UsageSearch {
  const decoder = new TextDecoder()
  let tail = ''
  let usage: PassedUsage | undefined
  return {
    push(bytes) {
      const text = tail + decoder.decode(bytes, { stream: true })
      let after = 0
      for (const match of text.matchAll(USAGE)) {
        after = match.index + match[0].length
        const one = read(parseJson(match[1] as string))
        usage = one && usage && sums ? add(one, usage) : (one ?? usage)
      }
      tail = text.slice(Math.max(after, text.length - MAX_USAGE_CHARS))
    },
    found: () => usage,
  }
}

function read(usage: unknown): PassedUsage | undefined {
  if (!isRecord(usage)) return undefined
  const { seconds, input_tokens, output_tokens } = usage
  // `{"type": "duration"}`: such a model is billed by the length of the sound.
  const heard = typeof seconds === 'number' ? Math.ceil(seconds * TOKENS_PER_SECOND) : undefined
  const prompt = usage.prompt_tokens ?? input_tokens ?? heard
  const completion = usage.completion_tokens ?? output_tokens ?? 0
  return isTokenCount(prompt) && isTokenCount(completion)
    ? { prompt_tokens: prompt, completion_tokens: completion }
    : undefined
}

const add = (one: PassedUsage, other: PassedUsage): PassedUsage => ({
  prompt_tokens: one.prompt_tokens + other.prompt_tokens,
  completion_tokens: one.completion_tokens + other.completion_tokens,
})
