/** Chat Completions as types and names: requests, and the events of streamed answers. */
import type { Addendum, OwnOptions, Usage } from '../../protocol/wire.ts'

export interface ChatMessage {
  role: Role
  content?: unknown
  [field: string]: unknown
}

/** Source: OpenAI's chat completions reference; `function` is the deprecated form of `tool`. */
export const ROLES = ['system', 'developer', 'user', 'assistant', 'tool', 'function'] as const
export type Role = (typeof ROLES)[number]

/** The fields that the Worker reads. Every other field passes to the upstream unchanged. */
export interface ChatRequest {
  model?: string
  messages: ChatMessage[]
  stream?: boolean | null
  stream_options?: (OwnOptions & { include_usage?: boolean; [field: string]: unknown }) | null
  [field: string]: unknown
}

export interface Delta {
  role?: string
  content?: string | null
  refusal?: string | null
  /** Visible reasoning of some OpenAI-compatible upstreams. */
  reasoning_content?: string | null
  tool_calls?: unknown[]
  [field: string]: unknown
}

export interface Choice {
  index: number
  delta: Delta
  finish_reason?: string | null
  [field: string]: unknown
}

/** One event of a streamed answer. `choices` may be empty on any chunk, not only on the one with `usage`. */
export interface ChatChunk {
  id: string
  object: string
  created: number
  model: string
  choices: Choice[]
  usage?: Usage | null
  millrace?: Addendum
  [field: string]: unknown
}

/** The data of the event that closes a whole answer. */
export const DONE = '[DONE]'
