/** The conversation as data: what was asked, what was answered, and what of it is sent along. */
import type { ChatMessage } from '../../worker/wire.ts'
import type { Explanation } from './explain-error.ts'

export interface Turn {
  question: string
  answer: string
  /** How the answer ended; `undefined` while it is awaited. */
  end?: 'done' | 'stopped' | 'withheld' | 'failed'
  /** What was asked for, as long as there may be more of it. */
  pending?: Pending
  /** The line on its speed. */
  speed?: string
  /** What else there is to say of it. */
  note?: string
  /** What went wrong, and when, by the wall clock in milliseconds. */
  trouble?: Explanation
  failedAt?: number
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

/**
 * The messages that ask `turn`, with everything said before it. A turn that got no answer at all is left out:
 * its question would be answered together with the next one. Half an answer counts, as the reader has seen it.
 */
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
