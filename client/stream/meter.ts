/** Measures an answer's speed: time to the first token, and tokens per second. */
import type { ChatChunk, Delta } from '../../worker/formats/chat-completions/wire.ts'
import type { Usage } from '../../worker/protocol/wire.ts'

export interface Reading {
  /** From the start until the first token; `null` before it. */
  firstTokenMs: number | null
  /** Tokens generated so far. */
  tokens: number
  /**
   * The source of `tokens`: the answer's `usage`; a `usage` that is itself an estimate; or one token for
   * each delta, which is usual but not certain.
   */
  counted: 'usage' | 'estimate' | 'deltas'
  /** The rate after the first token; `null` until there are two moments to measure between. */
  tokensPerSecond: number | null
}

/**
 * Starts a clock, and measures the speed of the chunks that pass.
 *
 * The first token is the first non-empty content, refusal, reasoning or tool delta, not the chunk with the
 * role.
 *
 * @param now a monotonic clock in milliseconds
 * @example
 *   const meter = createMeter(() => performance.now())
 *   for await (const chunk of openChat(url, request)) meter.see(chunk)
 *   meter.read() // { firstTokenMs: 930, tokens: 414, counted: 'usage', tokensPerSecond: 11.4 }
 */
export function createMeter(now: () => number): { see(chunk: ChatChunk): void; read(): Reading } {
  const start = now()
  let first: number | undefined
  let last = start
  let deltas = 0
  let reasoned = false
  let usage: Usage | undefined
  let estimated = false
  return {
    see(chunk) {
      // Any chunk can have usage, and the last one wins.
      if (chunk.usage) {
        usage = chunk.usage
        estimated = isEstimate(chunk)
      }
      const tokens = chunk.choices.filter(({ delta }) => delta && hasToken(delta))
      if (tokens.length === 0) return
      last = now()
      first ??= last
      deltas += tokens.length
      reasoned ||= tokens.some(({ delta }) => reasoningOf(delta) !== '')
    },
    read() {
      const tokens = usage?.completion_tokens ?? deltas
      // Tokens of hidden reasoning were all generated before the first visible one.
      const visible = usage && !reasoned ? tokens - hiddenReasoning(usage) : tokens
      const span = first === undefined ? 0 : last - first
      return {
        firstTokenMs: first === undefined ? null : first - start,
        tokens,
        counted: usage ? (estimated ? 'estimate' : 'usage') : 'deltas',
        tokensPerSecond: span > 0 && visible > 1 ? ((visible - 1) / span) * 1000 : null,
      }
    },
  }
}

/** The server's own measurement, for an answer that partly came while this page was not reading. */
export function toldReading(chunk: ChatChunk): Reading | undefined {
  const timing = chunk.millrace?.timing
  if (!timing || !chunk.usage) return undefined
  return {
    firstTokenMs: timing.first_token_ms,
    tokens: chunk.usage.completion_tokens,
    counted: isEstimate(chunk) ? 'estimate' : 'usage',
    tokensPerSecond: timing.tokens_per_second,
  }
}

function isEstimate({ millrace }: ChatChunk): boolean {
  return millrace?.usage_source === 'estimated'
}

function hasToken(delta: Delta): boolean {
  return Boolean(delta.content || delta.refusal || reasoningOf(delta) || delta.tool_calls?.length)
}

/** Upstreams call the visible reasoning `reasoning_content` or `reasoning`. */
function reasoningOf({ reasoning_content, reasoning }: Delta): string {
  return reasoning_content || (typeof reasoning === 'string' ? reasoning : '')
}

function hiddenReasoning({ completion_tokens_details: details }: Usage): number {
  const count = (details as { reasoning_tokens?: unknown } | undefined)?.reasoning_tokens
  return typeof count === 'number' ? count : 0
}
