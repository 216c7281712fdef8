/**
 * The wire formats: each is a folder beside this file, and nothing outside of it knows the shape of its
 * requests and events.
 */
import type { AnswerFormat } from './answer-format.ts'
import { chatCompletions } from './chat-completions/chat-completions.ts'
import { chatRequests } from './chat-completions/request.ts'
import type { RequestFormat } from './format.ts'
import { responsesAnswers } from './responses/answers.ts'
import { responsesRequests } from './responses/request.ts'
import { responseId } from './responses/response-id.ts'

export interface WireFormat {
  readonly name: FormatName
  /** Of its requests, below the upstream's base address. */
  readonly path: string
  readonly requests: RequestFormat
  readonly answers: AnswerFormat
  /** Whether the end of each streamed answer has its usage, without being asked for it. */
  readonly alwaysTellsUsage: boolean
  /**
   * The id under which the upstream may keep an answer; `undefined`: it keeps none.
   *
   * @param json an event's value, or an unstreamed answer
   */
  idOf?(json: unknown): string | undefined
}

/** Names a format where only data can go: to a caller's object, or into its database. */
export type FormatName = 'chat-completions' | 'responses'

export const CHAT_COMPLETIONS: WireFormat = {
  name: 'chat-completions',
  path: '/chat/completions',
  requests: chatRequests,
  answers: chatCompletions,
  alwaysTellsUsage: false,
}

export const RESPONSES: WireFormat = {
  name: 'responses',
  path: '/responses',
  requests: responsesRequests,
  answers: responsesAnswers,
  alwaysTellsUsage: true,
  idOf: responseId,
}

const FORMATS: Readonly<Record<FormatName, WireFormat>> = {
  'chat-completions': CHAT_COMPLETIONS,
  responses: RESPONSES,
}

export const formatNamed = (name: FormatName): WireFormat => FORMATS[name]
