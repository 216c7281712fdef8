/**
 * The tokens of one call, from the events of its answer. What the upstream counts is believed, unless it contradicts
 * itself or what came: some leave reasoning out of the parts and have it in the total, some send zeros, and some send
 * a count with each chunk, of which a caller who leaves has seen an early one.
 */
import type { AnswerEvent, WholeAnswer } from '../formats/answer-format.ts'
import type { Usage, UsageSource } from '../protocol/wire.ts'
import type { Counter } from '../tokens/counter.ts'
import { isTokenCount } from '../tokens/token-count.ts'

/** What a call used, and where the count came from. */
export interface Tokens {
  prompt_tokens: number
  completion_tokens: number
  usage_source: UsageSource
}

export interface UsageCount {
  see(answer: Pick<AnswerEvent | WholeAnswer, 'texts' | 'usage'>): void
  /** For the caller: the upstream's own words where it sent any, or else the estimate. */
  usage(): { usage: Usage; source: UsageSource }
  /** For the log and the budget. */
  tokens(): Tokens
}

/** @param promptTokens counted before the call, or when they are asked for */
export function createUsageCount(promptTokens: () => number, counter: Counter): UsageCount {
  // Texts are kept and not counted until someone asks: most upstreams send the count at the end.
  const texts = new Map<string, string>()
  let sent: Usage | undefined

  function countTexts(): number {
    let tokens = 0
    for (const text of texts.values()) tokens += counter.count(text)
    return tokens
  }

  return {
    see({ texts: pieces, usage }) {
      if (usage !== undefined) sent = usage
      for (const { choice, kind, key, text, repeats } of pieces) {
        if (repeats || kind === 'other') continue
        const id = `${choice}:${key}`
        texts.set(id, (texts.get(id) ?? '') + text)
      }
    },
    usage() {
      if (sent !== undefined) return { usage: sent, source: 'upstream' }
      const prompt_tokens = promptTokens()
      const completion_tokens = countTexts()
      const total_tokens = prompt_tokens + completion_tokens
      return { usage: { prompt_tokens, completion_tokens, total_tokens }, source: 'estimated' }
    },
    tokens() {
      const counted = countTexts()
      if (sent === undefined) {
        return { prompt_tokens: promptTokens(), completion_tokens: counted, usage_source: 'estimated' }
      }
      const prompt_tokens = sent.prompt_tokens > 0 ? sent.prompt_tokens : promptTokens()
      const { completion_tokens: said, total_tokens: total } = sent
      const inTotal = isTokenCount(total) ? total - prompt_tokens : 0
      const completion_tokens = Math.max(said, inTotal, counted)
      const usage_source = counted > Math.max(said, inTotal) ? 'estimated' : 'upstream'
      return { prompt_tokens, completion_tokens, usage_source }
    },
  }
}
