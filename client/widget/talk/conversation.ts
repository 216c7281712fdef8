/** A conversation as data: what was asked, what was answered, and what of it is sent along. Nothing in it is in words of ours. */
import type { ChatMessage } from '../../../worker/protocol/wire.ts'
import type { Reading } from '../../stream/meter.ts'
import type { Trouble } from './trouble.ts'

export interface Conversation {
  /** Names it among those that are kept here; no server knows it. */
  id: string
  turns: Turn[]
  /** When it was last saved, by the wall clock in milliseconds. */
  updatedAt: number
}

export interface Turn {
  question: string
  answer: string
  /** How the answer ended; `undefined` while it is awaited. */
  end?: End
  /** What was asked for, as long as there may be more of it. */
  pending?: Pending
  /** How fast it came. */
  speed?: Reading
  /** What else there is to say of it. */
  note?: Note
  /** What went wrong. */
  trouble?: Trouble
  /** What the reader thinks of it. */
  rating?: Rating
}

export const ENDS = ['done', 'stopped', 'withheld', 'failed'] as const
export type End = (typeof ENDS)[number]

export const RATINGS = ['up', 'down'] as const
export type Rating = (typeof RATINGS)[number]

/**
 * - `too-long`: the answer reached the longest length that is allowed
 * - `no-budget`: it reached the number of tokens that was left
 * - `stopped-here`: this reader stopped it
 * - `stopped`: another one did
 * - `withheld`: moderation kept the rest of it back
 * - `withheld-all`: moderation kept it back
 * - `nothing-said`: it is whole and empty
 */
export const NOTES = [
  'too-long',
  'no-budget',
  'stopped-here',
  'stopped',
  'withheld',
  'withheld-all',
  'nothing-said',
] as const
export type Note = (typeof NOTES)[number]

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

/** Two lines of a narrow list. */
export const MAX_TITLE_CHARS = 60

/**
 * What a conversation is called in a list: its first question on one line, cut at a word. Empty for an empty one.
 *
 * @example
 *   titleOf(conversation) // 'What is a millrace, and who was the first to build one where…'
 */
export function titleOf({ turns }: Pick<Conversation, 'turns'>): string {
  // A question can be a whole document. What is left out here could at most be white space.
  const start = turns[0]?.question.trimStart().slice(0, 16 * MAX_TITLE_CHARS) ?? ''
  const line = start.replace(/\s+/g, ' ').trim()
  if (line.length <= MAX_TITLE_CHARS) return line
  // One more than fits: a word that ends right there is whole.
  const space = line.lastIndexOf(' ', MAX_TITLE_CHARS)
  // Languages without spaces, and addresses, are cut where the room ends.
  const cut = line.slice(0, space > MAX_TITLE_CHARS / 2 ? space : MAX_TITLE_CHARS)
  return `${cut.replace(HALF_CHARACTER, '').replace(/[\s.,;:…–—-]+$/, '')}…`
}

const HALF_CHARACTER = /[\ud800-\udbff]$/

/**
 * The messages that ask `turn`, with everything said before it. A turn that got no answer at all is left out:
 * its question would be answered together with the next one. Half an answer counts, as the reader has seen it.
 *
 * @example
 *   openStream(url, { messages: toMessages(conversation.turns, turn) })
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
