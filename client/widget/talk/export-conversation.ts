/** A conversation as what its reader takes along: Markdown to read, data to go on with. */
import type { ChatMessage } from '../../../worker/protocol/wire.ts'
import { type Conversation, type End, type Note, type Rating, type Turn, titleOf } from './conversation.ts'
import { openEnd } from './open-end.ts'

export interface ExportWords {
  /** Who asked. */
  you: string
  /** Who answered. */
  assistant: string
  notes: Readonly<Record<Note, string>>
  /** Below an answer that broke off, or that never came. */
  failed: string
  /** Below one that still comes. */
  pending: string
}

/**
 * The conversation as one Markdown text. Answers are Markdown and stay as they are; only where one ends in the middle of
 * code is that code closed, or, where this can't be told, the answer quoted: what follows would become code too.
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
  for (const turn of conversation.turns) {
    parts.push(`## ${escapeInline(words.you)}`, quote(keepLines(turn.question)))
    parts.push(`## ${escapeInline(words.assistant)}`)
    if (turn.answer.trim() !== '') parts.push(closed(withoutBlankEnds(turn.answer)))
    const ending = endingOf(turn, words)
    if (ending !== undefined) parts.push(`*${escapeInline(ending)}*`)
  }
  return `${parts.join('\n\n')}\n`
}

/** How an answer ended, where it isn't simply whole. */
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

/** Whatever is open in a quote ends with it. */
function quote(text: string): string {
  return text.replace(/^/gm, '> ').replace(/^> $/gm, '>')
}

/** A line that was begun anew in the question box is begun anew in Markdown. */
function keepLines(question: string): string {
  return question.trim().replace(/(\S)[^\S\n]*\n(?=[^\S\n]*\S)/g, '$1  \n')
}

/** The indent of the first line is left: it may be code. */
function withoutBlankEnds(text: string): string {
  return text.replace(/^(?:[^\S\n]*\n)+/, '').trimEnd()
}

function escapeInline(text: string): string {
  return text.replace(/[\\`*_[\]<>&#~|]/g, '\\$&')
}

/** Times are ISO 8601, in UTC. */
export interface ExportedConversation {
  /** Of this shape. */
  version: 1
  exported_at: string
  id: string
  title: string
  updated_at: string
  /** All that was said, in OpenAI's shape, with nothing added: it can be sent again as it is. */
  messages: ChatMessage[]
  /** What else is known of each question and its answer. */
  turns: ExportedTurn[]
}

interface ExportedTurn {
  /** Where it stands in `messages`. */
  question: number
  /** The same; `null` where nothing was answered. */
  answer: number | null
  /** `pending`: the answer was still coming. */
  end: End | 'pending'
  note: Note | null
  rating: Rating | null
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
 * @param now the wall clock, in milliseconds
 * @example
 *   const { messages } = toJson(conversation)
 *   openStream(url, { messages: [...messages, { role: 'user', content: 'And today?' }] })
 */
export function toJson(conversation: Conversation, now = Date.now()): ExportedConversation {
  const messages: ChatMessage[] = []
  const turns = conversation.turns.map((turn) => {
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

function detailsOf({ end, note, rating, speed, trouble }: Turn): Omit<ExportedTurn, 'question' | 'answer'> {
  return {
    end: end ?? 'pending',
    note: note ?? null,
    rating: rating ?? null,
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

/** A time from a store may be anything, and `toISOString` throws beyond the year 275760. */
function isoTime(ms: number): string {
  const latest = 8.64e15
  return new Date(Math.min(latest, Math.max(-latest, ms))).toISOString()
}
