/**
 * The tokens of one call, from the events of its answer: the upstream's own count where it sends one, or
 * else what can be read, counted.
 */
import { type AnswerEvent, isRecord } from '../formats/chat-completions/read-event.ts'
import { piecesOf, visiblePieces } from '../formats/chat-completions/visible-text.ts'
import type { Usage, UsageSource } from '../protocol/wire.ts'
import { type CountedMessage, countChat } from '../tokens/chat.ts'
import type { Counter } from '../tokens/counter.ts'
import { isTokenCount } from '../tokens/token-count.ts'

export interface Tally {
  see(event: AnswerEvent): void
  /** An unstreamed answer, whole. */
  seeWhole(completion: unknown): void
  /** Of what has come so far. */
  usage(): { usage: Usage; source: UsageSource }
}

export interface Asked {
  model: string
  messages: readonly CountedMessage[]
  /** The prompt's, where it was counted before the call: with what the messages don't show, such as tools and pictures. */
  tokens?: { prompt: number | undefined } | undefined
}

/** @param asked the question, or its tokens, where they were counted before */
export function createTally(asked: Asked | { promptTokens: number }, counter: Counter): Tally {
  // Texts are kept, not counted, until someone asks: most upstreams send the count at the end.
  const texts = new Map<string, string>()
  let sent: Usage | undefined
  const take = (pieces: { key: string; text: string }[]) => {
    for (const { key, text } of pieces) texts.set(key, (texts.get(key) ?? '') + text)
  }
  return {
    see(event) {
      if (event.kind !== 'chunk') return
      // Usage can stand on any chunk, and on several: the last one wins.
      if (isUsage(event.chunk.usage)) sent = event.chunk.usage
      take(visiblePieces(event.chunk))
    },
    seeWhole(completion) {
      if (!isRecord(completion)) return
      if (isUsage(completion.usage)) sent = completion.usage
      if (!Array.isArray(completion.choices)) return
      for (const [index, choice] of completion.choices.entries()) take(piecesOf(choice?.message, index))
    },
    usage() {
      if (sent !== undefined) return { usage: sent, source: 'upstream' }
      const prompt_tokens =
        'promptTokens' in asked
          ? asked.promptTokens
          : (asked.tokens?.prompt ?? countChat(asked.messages, asked.model, counter))
      let completion_tokens = 0
      for (const text of texts.values()) completion_tokens += counter.count(text)
      const total_tokens = prompt_tokens + completion_tokens
      return { usage: { prompt_tokens, completion_tokens, total_tokens }, source: 'estimated' }
    },
  }
}

/** Only what a budget can be charged is believed. */
function isUsage(value: unknown): value is Usage {
  if (!isRecord(value)) return false
  const { prompt_tokens: prompt, completion_tokens: completion } = value
  return isTokenCount(prompt) && isTokenCount(completion) && isTokenCount(prompt + completion)
}
