/** What a wire format knows of answers. Outside of its folder no code knows the shape of an event. */
import type { ApiError } from '../errors.ts'
import type { SseEvent } from '../protocol/event-reader.ts'
import type { EndState, ErrorEnvelope, Timing, Usage, UsageSource, WireError } from '../protocol/wire.ts'

/** A piece of one of an answer's texts. */
export interface TextPiece {
  choice: number
  /** `other`: in a field that is not known here. It is judged, since it may be read, and not counted. */
  kind: 'content' | 'refusal' | 'reasoning' | 'tool' | 'transcript' | 'other'
  /** Which of the choice's texts goes on. */
  key: string
  text: string
  /** Whether the same text stands in another piece too: it is judged, and not counted again. */
  repeats: boolean
}

/** One event of an answer, parsed once for all who look at it. */
export interface AnswerEvent {
  /** The data as it came. */
  data: string
  /** `ignored`: JSON that is no part of an answer, such as a ping. `invalid`: not JSON. */
  kind: 'chunk' | 'done' | 'error' | 'ignored' | 'invalid'
  texts: readonly TextPiece[]
  /** The choices that say with this event that they are whole. */
  finished: readonly number[]
  /** The upstream's count so far, if it can be believed. */
  usage?: Usage
  /** Whether the event has usage and nothing else to say. */
  usageAlone: boolean
  error?: WireError
  /** The data to show of an `error` that came inside an ordinary chunk: the chunk without it. */
  chunkOfError?: string
}

/** An unstreamed answer. */
export interface WholeAnswer {
  texts: readonly TextPiece[]
  usage?: Usage
}

/** What an answer's last events say. */
export interface Closing {
  state: EndState
  /** Where it did not end well. `separate`: an event of its own, not a member of the last chunk. */
  error?: { error: ApiError; separate: boolean } | undefined
  /** Choices that end here, and why: their last events say so. */
  cut?: { choices: readonly number[]; reason: 'content_filter' | 'length' } | undefined
  /** By choice, how many characters readers take back. */
  retract?: Record<string, number> | undefined
  /**
   * What the caller is told: `usage` where the upstream sent none; with `timing`, always both; `state` for answers
   * that are ended here alone. `undefined`: nothing.
   */
  tell: Tell
  usage: () => { usage: Usage; source: UsageSource }
  timing?: Timing | undefined
}

export type Tell = 'usage' | 'timing' | 'record' | undefined

/** Reads the events of one answer, in order. */
export interface AnswerReader {
  read(event: SseEvent): AnswerEvent
  /** The data of the events that close the answer; the last of them is the format's own end, unless there is an error. */
  closing(closing: Closing): string[]
}

export interface AnswerFormat {
  /** @param model for events of our own, where none came whose fields they could share */
  reader(model: string): AnswerReader
  /** @param json an unstreamed answer */
  readWhole(json: unknown): WholeAnswer
  /** An unstreamed answer without its words, each choice ended by the content filter. */
  emptied(json: unknown): Record<string, unknown>
  /** An event's data with each character of its texts overwritten. */
  masked(data: string): string
  /**
   * @param unfinished the beginning of an event that was cut off
   * @returns what to send so that it becomes a whole event with the error in it, or the error follows it
   */
  completeCut(unfinished: string, envelope: ErrorEnvelope): string
  /** Whether these bytes are the format's end, cut off before its blank line: the answer is whole, its framing is not. */
  isUnterminatedEnd(unfinished: string): boolean
  /** Whether a text may have an event that ends an answer: a cheap look before the events are parsed. */
  mayEnd(text: string): boolean
}
