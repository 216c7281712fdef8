/**
 * The answer that every contestant carries: OpenAI's events, of about 260 bytes, a word a token. Upstream
 * and reader both make it from this file, so that the reader sees a token that is lost, doubled or out of
 * order.
 */
import { chunk, DONE_EVENT, event } from '../support/sse.ts'

/** Instructions for the upstream. They are the text of the question, which every contestant passes on. */
export interface Script {
  /** The stream's number, unique in a run. */
  stream: number
  tokens: number
  /** Milliseconds between two tokens. 0: as fast as they are read. */
  every: number
}

const WORDS =
  `The sky is blue because the air scatters short waves of light far more than long ones when the sun
  stands high over a clear day and its white light falls through many miles of thin gas before it meets your eye so
  that from every side you see what was thrown out of the beam while at dusk the way is longer and only red is left`
    .split(/\s+/)
    .map((word) => ` ${word}`)

const PROMPT_TOKENS = 26

/** Fields that OpenAI sends with each chunk. */
const FIELDS = {
  id: 'chatcmpl-CgT4mZqk1pXw7RbYvN2sLd8eHf6Ua',
  model: 'gpt-4o-mini-2024-07-18',
  service_tier: 'default',
  system_fingerprint: 'fp_560af6e559',
}
const chunkOf = (delta: Record<string, unknown>, finish_reason: string | null) =>
  chunk(delta, { ...FIELDS, choices: [{ index: 0, delta, logprobs: null, finish_reason }] })

/** Made once, so that the upstream writes no JSON while the bench measures. */
const EVENTS = WORDS.map((content) => event(chunkOf({ content }, null)))

/** Each stream begins at another word, so that the reader notices when two are mixed up. */
const at = <T>(list: readonly T[], stream: number, token: number) =>
  list[(stream * 7 + token) % list.length] as T

export const wordAt = (stream: number, token: number): string => at(WORDS, stream, token)
export const eventAt = (stream: number, token: number): string => at(EVENTS, stream, token)

export const FIRST_EVENT = event(chunkOf({ role: 'assistant', content: '', refusal: null }, null))

/** @param usage the number of tokens, for an event with the usage; `undefined`: no such event */
export function lastEvents(usage: number | undefined): string {
  const used = usage === undefined ? '' : event(usageChunk(usage))
  return `${event(chunkOf({}, 'stop'))}${used}${DONE_EVENT}`
}

const usageChunk = (completion_tokens: number) =>
  chunk(
    {},
    {
      ...FIELDS,
      choices: [],
      usage: {
        prompt_tokens: PROMPT_TOKENS,
        completion_tokens,
        total_tokens: PROMPT_TOKENS + completion_tokens,
      },
    },
  )
