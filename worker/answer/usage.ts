/**
 * Counts the tokens of one call from the events of its answer. The upstream's count is believed unless it
 * contradicts itself or the text: some upstreams count reasoning only in the total, some send zeros, and
 * some send a running count with each chunk, which is too low if the caller leaves early.
 */
import type { AnswerEvent, WholeAnswer } from '../formats/answer-format.ts'
import { isRecord } from '../protocol/json.ts'
import type { Usage, UsageSource } from '../protocol/wire.ts'
import type { Counter } from '../tokens/counter.ts'
import { isTokenCount } from '../tokens/token-count.ts'

/** What a call used, and the source of the count. */
export interface Tokens {
  prompt_tokens: number
  completion_tokens: number
  /** Of the prompt's, those that the upstream had cached; of the answer's, hidden ones. As it says. */
  cached_tokens?: number
  reasoning_tokens?: number
  usage_source: UsageSource
}

/** What was counted of an answer. */
export interface Counted {
  tokens: Tokens
  /**
   * Whether the upstream's count came at the answer's end, and is more than zero: then it has all that was
   * made, hidden reasoning too.
   */
  isFinal: boolean
}

export interface UsageCount {
  /** Takes an event of a streamed answer, or a whole answer. */
  see(answer: WholeAnswer | Pick<AnswerEvent, 'kind' | 'texts' | 'finished' | 'usage'>): void
  /** For the caller: the upstream's own usage if it sent any, or else the estimate. */
  usage(): { usage: Usage; source: UsageSource }
  /** For the log and the budget. */
  tokens(): Tokens
  counted(): Counted
}

/**
 * @param promptTokens returns the prompt's tokens; counts them on demand if they were not counted before the
 *   call
 */
export function createUsageCount(promptTokens: () => number, counter: Counter): UsageCount {
  // Texts are kept, and counted only on demand: most upstreams send their count at the end.
  const texts = new Map<string, string>()
  let sent: Usage | undefined
  /** Whether the answer's end has come, or its first choice's. */
  let isOver = false
  let isFinal = false

  function countTexts(): number {
    let tokens = 0
    for (const text of texts.values()) tokens += counter.count(text)
    return tokens
  }

  function tokens(): Tokens {
    const counted = countTexts()
    if (sent === undefined) {
      return { prompt_tokens: promptTokens(), completion_tokens: counted, usage_source: 'estimated' }
    }
    const prompt_tokens = sent.prompt_tokens > 0 ? sent.prompt_tokens : promptTokens()
    const { completion_tokens: said, total_tokens: total } = sent
    const inTotal = isTokenCount(total) ? total - prompt_tokens : 0
    const completion_tokens = Math.max(said, inTotal, counted)
    const usage_source = counted > Math.max(said, inTotal) ? 'estimated' : 'upstream'
    const cached_tokens = detail(sent.prompt_tokens_details, 'cached_tokens')
    const reasoning_tokens = detail(sent.completion_tokens_details, 'reasoning_tokens')
    return { prompt_tokens, completion_tokens, ...cached_tokens, ...reasoning_tokens, usage_source }
  }

  return {
    see(answer) {
      const { texts: pieces, usage } = answer
      isOver ||= !('kind' in answer) || answer.finished.length > 0 || answer.kind === 'error'
      if (usage !== undefined) {
        sent = usage
        isFinal = isOver && (usage.completion_tokens > 0 || usage.total_tokens > usage.prompt_tokens)
      }
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
    tokens,
    counted: () => ({ tokens: tokens(), isFinal }),
  }
}

function detail<Name extends string>(details: unknown, name: Name): { [N in Name]?: number } {
  const count = isRecord(details) ? details[name] : undefined
  return (isTokenCount(count) ? { [name]: count } : {}) as { [N in Name]?: number }
}
