/** The texts of a chunk's first choice: one choice was requested, and others are ignored. */
import type { ChatChunk, Choice } from '../../worker/formats/chat-completions/wire.ts'

export interface FirstChoice {
  content: string
  refusal: string
  finishReason: string | null
}

/** Some upstreams leave the index out where there is one choice, and some send content as parts. */
export function firstChoice({ choices }: ChatChunk): FirstChoice {
  const choice = choices.find(({ index }: Partial<Choice>) => (index ?? 0) === 0)
  return {
    content: joined(choice?.delta?.content),
    refusal: choice?.delta?.refusal ?? '',
    finishReason: choice?.finish_reason ?? null,
  }
}

function joined(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part: { text?: unknown }) => (typeof part?.text === 'string' ? part.text : '')).join('')
}
