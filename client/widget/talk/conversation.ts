/** The conversation as data: what was asked, what was answered, and what of it is sent along. */
import type { ChatMessage } from '../../../worker/wire.ts'
import type { Reading } from '../../stream/meter.ts'
import type { Trouble } from './trouble.ts'

export interface Conversation {
  id: string
  turns: Turn[]
  /** By the wall clock, in milliseconds. */
  updatedAt: number
}

export type Note =
  | 'too-long'
  | 'no-budget'
  | 'stopped-here'
  | 'stopped'
  | 'withheld'
  | 'withheld-all'
  | 'nothing-said'

export interface Turn {
  question: string
  answer: string
  /** How the answer ended; `undefined` while it is awaited. */
  end?: 'done' | 'stopped' | 'withheld' | 'failed'
  /** What was asked for, as long as there may be more of it. */
  pending?: Pending
  /** How fast it came. */
  speed?: Reading
  /** What else there is to say of it. */
  note?: Note
  /** What went wrong, and when, by the wall clock in milliseconds. */
  trouble?: Trouble
  failedAt?: number
  rating?: 'up' | 'down'
}

/** A question that has been sent, and what is needed to take up its answer. */
export interface Pending {
  /** The stream's, once the server has named it. */
  id?: string
  /** With which the question can be sent again, as long as there is no name. */
  key: string
  /** The model that was chosen then. */
  model?: string
  /** By the wall clock, in milliseconds. */
  askedAt: number
}

export function toMessages(turns: readonly Turn[], turn: Turn): ChatMessage[] {
  const earlier = turns.slice(0, turns.indexOf(turn)).filter(({ answer }) => answer !== '')
  return [
    ...earlier.flatMap<ChatMessage>(({ question, answer }) => [
      { role: 'user', content: question },
      { role: 'assistant', content: answer },
    ]),
    { role: 'user', content: turn.question },
  ]
}
