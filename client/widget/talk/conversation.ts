/**
 * A conversation as data: questions, answers, and what is sent to the model. It has no text in the reader's
 * language.
 */
import type { ChatMessage } from '../../../worker/formats/chat-completions/wire.ts'
import type { Reading } from '../../stream/meter.ts'
import type { Source } from '../../stream/stream-format.ts'
import type { Trouble } from './trouble.ts'

export interface Conversation {
  /** Identifies the conversation in this browser. No server knows it. */
  id: string
  turns: Turn[]
  /** The title, if it is not that of the first question: it was given by hand, or that question is gone. */
  title?: string
  /** When it was last saved: wall clock, in milliseconds. */
  updatedAt: number
}

export interface ShownPicture {
  /** A data URL. */
  url: string
  width: number
  height: number
}

/** Pictures are not stored: after the page was left, it is empty. */
export type Picture = ShownPicture | { url?: undefined }

export interface Turn {
  question: string
  pictures?: readonly Picture[]
  /** What is shown of the answer. */
  answer: string
  /**
   * How many characters at the end of `answer` moderation may still take back. They are not stored, exported
   * or sent: their verdict may never be heard.
   */
  unjudged?: number
  /** What the answer rests on. */
  sources?: Source[]
  /** How the answer ended; `undefined` while it is in progress. */
  end?: TurnEnd
  /** What of the page was sent with the question, as text. */
  context?: string
  /** Questions to go on with, which the answer ended with. */
  suggestions?: string[]
  /** The request, as long as more of the answer may come. */
  pending?: Pending
  /**
   * How many of the turns before it were sent with the question, if some were left out. Asking again with the
   * same key sends the same.
   */
  sentWith?: number
  /** The answer's speed. */
  speed?: Reading
  /** A remark about the answer's end. */
  note?: Note
  /** The error that ended the answer. */
  trouble?: Trouble
  /** The reader's rating. */
  rating?: Rating
}

export const ENDS = ['done', 'stopped', 'withheld', 'failed'] as const
export type TurnEnd = (typeof ENDS)[number]

export const RATINGS = ['up', 'down'] as const
export type Rating = (typeof RATINGS)[number]

/**
 * - `too-long`: the answer reached the largest allowed length
 * - `no-budget`: it reached the number of tokens that were left
 * - `stopped-here`: this reader stopped it
 * - `stopped`: another reader stopped it
 * - `withdrawn`: this reader took the question back while there was no network
 * - `withheld`: moderation withheld the rest
 * - `withheld-all`: moderation withheld all of it
 * - `nothing-said`: it is complete and empty
 */
export const NOTES = [
  'too-long',
  'no-budget',
  'stopped-here',
  'stopped',
  'withdrawn',
  'withheld',
  'withheld-all',
  'nothing-said',
] as const
export type Note = (typeof NOTES)[number]

/** A question that was sent, with what is needed to resume its answer. */
export interface Pending {
  /** The stream's id, once the server has named it. */
  id?: string
  /** The idempotency key: until the stream is named, the question is sent again with it. */
  key: string
  /** Whether the question waits for a network, and has not been sent. */
  isUnsent?: true
  /** Whether the answer ends with suggestions, which are taken off. */
  suggests?: true
  /** The model chosen for the question. */
  model?: string
  /** Wall clock, in milliseconds. */
  askedAt: number
}

/** The answer without the text that moderation may still take back. */
export function passedAnswer({ answer, unjudged = 0 }: Turn): string {
  return unjudged === 0 ? answer : answer.slice(0, answer.length - unjudged).replace(HIGH_SURROGATE, '')
}

/** The turn as it is stored and exported: of its pictures, only that they were there. */
export function passedTurn(turn: Turn): Turn {
  const { unjudged: _, pictures, sources, ...rest } = turn
  const answer = passedAnswer(turn)
  return {
    ...rest,
    ...(pictures && { pictures: pictures.map(() => ({})) }),
    answer,
    ...(sources && { sources: sourcesWithin(sources, answer) }),
  }
}

/** Whether a picture of the question is no longer there, so that it can't be asked again. */
export const lacksPictures = ({ pictures }: Turn): boolean => pictures?.some(({ url }) => !url) ?? false

/** The sources whose place is in this beginning of the answer. */
export function sourcesWithin(sources: readonly Source[], answer: string): Source[] {
  return sources.filter(({ end }) => end <= answer.length)
}

/** Fits into two lines of a narrow list. */
export const MAX_TITLE_CHARS = 60

/** The title of a conversation: its own, else that of its first question. */
export const titleOf = ({ title, turns }: Pick<Conversation, 'title' | 'turns'>): string =>
  title ?? firstTitle(turns)

/**
 * The title by the first question: on one line, cut at a word. Empty for an empty conversation.
 *
 * @example
 *   firstTitle(turns) // 'What is a millrace, and who was the first to build one where…'
 */
export function firstTitle(turns: readonly Turn[]): string {
  return shortLine(turns[0]?.question ?? '')
}

/** A text as a title: on one line, cut at a word. */
export function shortLine(text: string): string {
  // A question can be a whole document. A title needs its beginning only.
  const start = text.trimStart().slice(0, 16 * MAX_TITLE_CHARS)
  const line = start.replace(/\s+/g, ' ').trim()
  if (line.length <= MAX_TITLE_CHARS) return line
  // The limit itself is included, as a space there means that a word ends right before it.
  const space = line.lastIndexOf(' ', MAX_TITLE_CHARS)
  // Cut within a word in languages without spaces, and in addresses.
  const cut = line.slice(0, space > MAX_TITLE_CHARS / 2 ? space : MAX_TITLE_CHARS)
  return `${cut.replace(HIGH_SURROGATE, '').replace(/(?<![\s.,;:…–—-])[\s.,;:…–—-]+$/, '')}…`
}

const HIGH_SURROGATE = /[\ud800-\udbff]$/

/**
 * The turns before `turn` that can be sent with it. Unanswered ones are omitted, or the model would answer
 * their questions now. Partial answers are included, as the reader has seen them, but for text that
 * moderation may still take back.
 */
export function answeredBefore(turns: readonly Turn[], turn: Turn): Turn[] {
  return turns.slice(0, turns.indexOf(turn)).filter((earlier) => passedAnswer(earlier) !== '')
}

/** Of all pictures that are sent. A visitor's request may have 4 MiB (docs/PROTOCOL.md). */
const MAX_PICTURE_CHARS = 3_000_000

/**
 * The messages that ask `turn`, with the turns before it that are sent along.
 *
 * @example
 *   openStream(url, { messages: toMessages(conversation.turns, turn) })
 */
export function toMessages(turns: readonly Turn[], turn: Turn): ChatMessage[] {
  const messages: ChatMessage[] = []
  let room = MAX_PICTURE_CHARS
  // The latest first: pictures of the oldest questions are left out.
  for (const asked of [...sentBefore(turns, turn), turn].toReversed()) {
    const question = asked === turn ? sentQuestion(turn) : asked.question
    const { pictures = [] } = asked
    if (asked !== turn) messages.unshift({ role: 'assistant', content: passedAnswer(asked) })
    const sent = pictures.filter(({ url = '' }) => {
      room -= url.length
      return url !== '' && room >= 0
    })
    const lost = pictures.length - sent.length
    const text = lost > 0 ? `${question}\n\n[Pictures no longer sent: ${lost}]` : question
    const parts = sent.map(({ url }) => ({ type: 'image_url', image_url: { url } }))
    const content = parts.length > 0 ? [{ type: 'text', text }, ...parts] : text
    messages.unshift({ role: 'user', content })
  }
  return messages
}

/**
 * The question, after what the page says of itself. Only the latest question has that: the page may have
 * changed since the earlier ones.
 */
export const sentQuestion = ({ context, question }: Pick<Turn, 'context' | 'question'>): string =>
  context === undefined ? question : `${context}\n\n${question}`

/** The turns that are sent with `turn`: the latest ones, if not all. */
export function sentBefore(turns: readonly Turn[], turn: Turn): Turn[] {
  const earlier = answeredBefore(turns, turn)
  // Counted from the end: the storage may drop the oldest turns.
  return turn.sentWith === undefined ? earlier : earlier.slice(Math.max(0, earlier.length - turn.sentWith))
}

/**
 * The first turn with which older ones were not sent; `undefined` if all are sent now. Questions that brought
 * nothing don't count: they are not sent again.
 */
export function leftOutFrom(turns: readonly Turn[]): Turn | undefined {
  const sent = turns.filter(({ answer, pending }) => answer !== '' || pending)
  return sent.at(-1)?.sentWith === undefined ? undefined : sent.find(({ sentWith }) => sentWith !== undefined)
}
