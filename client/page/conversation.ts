/** The conversation as data: what was asked, what was answered, and what of it is sent along. */
import type { ChatMessage } from '../../worker/wire.ts'

export interface Turn {
  question: string
  answer: string
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
