/** Exports a conversation: as Markdown to read, as JSON to process. */

import type { ChatMessage } from '../../../worker/formats/chat-completions/wire.ts'
import { withoutCitationMarks } from '../../render/parse/citation-marks.ts'
import type { Source } from '../../stream/stream-format.ts'
import {
  type Conversation,
  type Note,
  passedTurn,
  type Rating,
  type Turn,
  type TurnEnd,
  titleOf,
} from './conversation.ts'
import { openEnd } from './open-end.ts'

export interface ExportWords {
  /** Heading of a question. */
  you: string
  /** Stands for a picture, with its `{number}`. */
  picture: string
  /** Heading of an answer. */
  assistant: string
  notes: Readonly<Record<Note, string>>
  /** Shown below an answer that failed. */
  failed: string
  /** Shown below an answer in progress. */
  pending: string
  /** Puts an answer's sources into it as footnotes, with labels that begin like this. */
  cite?: ((answer: string, sources: readonly Source[], prefix: string) => Cited) | undefined
}

interface Cited {
  text: string
  footnotes: string
}

/**
 * The conversation as one Markdown text. Answers are Markdown and stay unchanged, without citation marks. An
 * answer that ends inside a code block gets a closing fence, or is quoted if the fence is uncertain:
 * otherwise the rest of the export would become code.
 *
 * @example
 *   toMarkdown(conversation, words)
 *   // # What is a millrace?
 *   //
 *   // ## You
 *   //
 *   // > What is a millrace?
 *   //
 *   // ## Assistant
 *   //
 *   // The channel that brings water to a mill wheel.
 */
export function toMarkdown(conversation: Conversation, words: ExportWords): string {
  if (conversation.turns.length === 0) return ''
  const parts = [`# ${escapeInline(titleOf(conversation))}`]
  for (const [index, turn] of conversation.turns.map(passedTurn).entries()) {
    parts.push(`## ${escapeInline(words.you)}`, quote(keepLines(questionOf(turn, words.picture))))
    parts.push(`## ${escapeInline(words.assistant)}`)
    const { text, footnotes } = words.cite?.(turn.answer, turn.sources ?? [], `${index + 1}-`) ?? {
      text: withoutCitationMarks(turn.answer),
      footnotes: '',
    }
    if (text.trim() !== '') parts.push(closed(withoutBlankEnds(text)))
    if (footnotes !== '') parts.push(footnotes)
    const ending = endingOf(turn, words)
    if (ending !== undefined) parts.push(`*${escapeInline(ending)}*`)
  }
  return `${parts.join('\n\n')}\n`
}

/** With a line for its pictures, which are not in the export. */
function questionOf({ question, pictures = [] }: Turn, picture: string): string {
  const names = pictures.map((_, index) => `[${picture.replace('{number}', String(index + 1))}]`)
  return names.length === 0 ? question : `${names.join(' ')}\n\n${question}`
}

/** How an answer ended, unless it is complete. */
function endingOf({ answer, end, note }: Turn, { notes, failed, pending }: ExportWords): string | undefined {
  if (end === undefined) return pending
  if (end === 'failed') return failed
  if (note !== undefined) return notes[note]
  if (end === 'stopped') return notes.stopped
  if (end === 'withheld') return answer === '' ? notes['withheld-all'] : notes.withheld
  return undefined
}

function closed(answer: string): string {
  const fence = openEnd(answer)
  if (fence === undefined) return quote(answer)
  return fence === '' ? answer : `${answer}\n${fence}`
}

/** An open block inside a quote ends with the quote. */
function quote(text: string): string {
  return text.replace(/^/gm, '> ').replace(/^> $/gm, '>')
}

/** Turns line breaks of the question into Markdown's. */
function keepLines(question: string): string {
  return question.trim().replace(/(\S)[^\S\n]*\n(?=[^\S\n]*\S)/g, '$1  \n')
}

/** Removes blank lines and trailing space. The first line keeps its indentation: it may be code. */
function withoutBlankEnds(text: string): string {
  return text.replace(/^(?:[^\S\n]*\n)+/, '').trimEnd()
}

function escapeInline(text: string): string {
  return text.replace(/[\\`*_[\]<>&#~|]/g, '\\$&')
}

/** The exported JSON. Times are ISO 8601, in UTC. */
export interface ExportedConversation {
  /** Version of this format. */
  version: 1
  exported_at: string
  id: string
  title: string
  updated_at: string
  /** All messages in OpenAI's format, unchanged, ready to be sent again. */
  messages: ChatMessage[]
  /** Further details of each question and answer. */
  turns: ExportedTurn[]
}

interface ExportedTurn {
  /** The question's index in `messages`. */
  question: number
  /** The answer's index in `messages`; `null` if there is none. */
  answer: number | null
  /** How many pictures the question had. They are not exported. */
  pictures?: number
  /** `pending`: the answer was in progress. */
  end: TurnEnd | 'pending'
  note: Note | null
  rating: Rating | null
  /** What of the page was sent before the question, as text. */
  context: string | null
  /** What the answer rests on, and where: UTF-16 code units in its text. */
  sources: Source[]
  speed: {
    first_token_ms: number | null
    tokens: number
    counted: string
    tokens_per_second: number | null
  } | null
  error: { code: string | null; status: number | null; message: string; request_id: string | null } | null
}

/**
 * The conversation as data.
 *
 * @param now wall clock, in milliseconds
 * @example
 *   const { messages } = toJson(conversation)
 *   openStream(url, { messages: [...messages, { role: 'user', content: 'And today?' }] })
 */
export function toJson(conversation: Conversation, now = Date.now()): ExportedConversation {
  const messages: ChatMessage[] = []
  const turns = conversation.turns.map(passedTurn).map((turn) => {
    const question = messages.push({ role: 'user', content: turn.question }) - 1
    const answer = turn.answer === '' ? null : messages.push({ role: 'assistant', content: turn.answer }) - 1
    return { question, answer, ...detailsOf(turn) }
  })
  return {
    version: 1,
    exported_at: isoTime(now),
    id: conversation.id,
    title: titleOf(conversation),
    updated_at: isoTime(conversation.updatedAt),
    messages,
    turns,
  }
}

function detailsOf({
  pictures,
  end,
  note,
  rating,
  context,
  sources,
  speed,
  trouble,
}: Turn): Omit<ExportedTurn, 'question' | 'answer'> {
  return {
    ...(pictures && { pictures: pictures.length }),
    end: end ?? 'pending',
    note: note ?? null,
    rating: rating ?? null,
    context: context ?? null,
    sources: sources ?? [],
    speed: speed
      ? {
          first_token_ms: speed.firstTokenMs,
          tokens: speed.tokens,
          counted: speed.counted,
          tokens_per_second: speed.tokensPerSecond,
        }
      : null,
    error: trouble
      ? {
          code: trouble.code,
          status: trouble.status,
          message: trouble.message,
          request_id: trouble.requestId,
        }
      : null,
  }
}

/** Clamps the time: stored values may be invalid, and `toISOString` throws beyond the year 275760. */
function isoTime(ms: number): string {
  const latest = 8.64e15
  return new Date(Math.min(latest, Math.max(-latest, ms))).toISOString()
}
