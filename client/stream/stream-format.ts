/** The wire formats of durable streams: where a stream is found, and what its events say. */
import { readEvent } from '../../worker/formats/chat-completions/read-event.ts'
import type { ChatChunk } from '../../worker/formats/chat-completions/wire.ts'
import { LAST_EVENT_ID, type WireError } from '../../worker/protocol/wire.ts'
import type { SseEvent } from './decode.ts'
import { UNSAID } from './refusal.ts'

/**
 * Where an answer's text rests on something. Offsets are UTF-16 code units in the answer's content. A file is
 * cited at one place: there `start` equals `end`.
 */
export interface Source {
  /** The page's title, or the file's name. */
  title: string
  /** The page's address, as the model gave it: check its scheme before you make it a link. */
  url?: string
  start: number
  end: number
}

/** A tool that runs for the answer. */
export interface Progress {
  kind: 'documents' | 'web' | 'other'
  /** What is searched for, once it is known. */
  query?: string
}

/** What `openResponse` adds to the chunks that `openStream` yields. */
export interface AnswerChunk extends ChatChunk {
  /** The sources that are new with this chunk. They may be for earlier text. */
  sources?: Source[]
  /** A tool has begun to run, or its query is known now. Text that comes later means that it has ended. */
  progress?: Progress
  /** Questions to go on with, at the answer's end (suggestions.ts). */
  suggestions?: string[]
}

export type Meaning =
  /** `chunk` is present if the event is also part of the answer. */
  | { kind: 'error'; error: WireError; chunk?: AnswerChunk }
  | { kind: 'done'; chunk?: AnswerChunk }
  | { kind: 'chunk'; chunk: AnswerChunk }
  /** Not part of the answer. */
  | { kind: 'ignored' }
  | { kind: 'invalid'; data: string }

export interface StreamFormat {
  /** What the question needs for an answer that survives its connection. */
  readonly durable: object
  /**
   * @param stream the stream's address
   * @param after the number of the last event that is known; 0 for none
   */
  follow(stream: string, after: number): { url: string; headers?: Record<string, string> }
  stop(stream: string): { url: string; method: string }
  /** @returns what reads the events of one answer, in their order, over all of its connections */
  createReader(): (event: SseEvent) => Meaning
}

/** `/v1/streams`: the events of Chat Completions. */
export const CHAT_COMPLETIONS: StreamFormat = {
  durable: { stream: true },
  follow: (url, after) => ({ url, headers: afterEvent(after) }),
  stop: (url) => ({ url, method: 'DELETE' }),
  createReader: () => readChatEvent,
}

export const readChatEvent = (event: SseEvent): Meaning => readEvent(event, UNSAID)

/** @returns the header that asks for the events after this one */
export function afterEvent(after: number): Record<string, string> {
  return after > 0 ? { [LAST_EVENT_ID]: String(after) } : {}
}
