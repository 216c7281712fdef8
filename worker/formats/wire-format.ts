/**
 * The wire formats: each is a folder beside this file, and nothing outside of it knows the shape of its
 * requests and events.
 */
import type { AnswerFormat } from './answer-format.ts'
import { chatCompletions } from './chat-completions/chat-completions.ts'
import { chatRequests } from './chat-completions/request.ts'
import type { RequestFormat } from './format.ts'

export interface WireFormat {
  readonly name: FormatName
  /** Of its requests, below the upstream's base address. */
  readonly path: string
  readonly requests: RequestFormat
  readonly answers: AnswerFormat
}

/** Names a format where only data can go: to a caller's object, or into its database. */
export type FormatName = 'chat-completions'

export const CHAT_COMPLETIONS: WireFormat = {
  name: 'chat-completions',
  path: '/chat/completions',
  requests: chatRequests,
  answers: chatCompletions,
}

const FORMATS: Readonly<Record<FormatName, WireFormat>> = { 'chat-completions': CHAT_COMPLETIONS }

export const formatNamed = (name: FormatName): WireFormat => FORMATS[name]
