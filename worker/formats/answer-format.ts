/** The answer half of a wire format. Only the format's own folder knows the shape of its events. */
import type { ApiError } from '../errors.ts'
import type { SseEvent } from '../protocol/event-reader.ts'
import type { EndState, ErrorEnvelope, Timing, Usage, UsageSource, WireError } from '../protocol/wire.ts'

/** A piece of one of an answer's texts. */
export interface TextPiece {
  choice: number
  /** `other`: text in an unknown field. It is judged, since a reader may see it, and it is not counted. */
  kind: 'content' | 'refusal' | 'reasoning' | 'tool' | 'transcript' | 'other'
  /** Names the text of the choice that this piece continues. */
  key: string
  text: string
  /** Whether another piece has the same text. A repeated text is judged, and not counted again. */
  repeats: boolean
}

/** One event of an answer, parsed once for all observers. */
export interface AnswerEvent {
  /** The event's data, unchanged. */
  data: string
  /** The name that the event is written with; `undefined`: none. */
  name?: string | undefined
  /** `ignored`: JSON that is no part of an answer, such as a ping. `invalid`: not JSON. */
  kind: 'chunk' | 'done' | 'error' | 'ignored' | 'invalid'
  texts: readonly TextPiece[]
  /** The choices that this event ends. */
  finished: readonly number[]
  /** The upstream's count so far, if it is plausible. */
  usage?: Usage
  /** Whether the event contains usage and nothing else for a reader. */
  usageAlone: boolean
  error?: WireError
  /** For an `error` inside an ordinary chunk: the data of that chunk without the error. */
  chunkOfError?: string
}

/** An unstreamed answer. */
export interface WholeAnswer {
  texts: readonly TextPiece[]
  usage?: Usage
}

/** What an answer's closing events report. */
export interface Closing {
  state: EndState
  /**
   * Present if the answer ended with an error. `separate`: the error is an event of its own, not a member of
   * the last chunk.
   */
  error?: { error: ApiError; separate: boolean } | undefined
  /** Choices that end here, and the reason that their last events give. */
  cut?: { choices: readonly number[]; reason: 'content_filter' | 'length' } | undefined
  /** By choice, how many characters readers take back. */
  retract?: Record<string, number> | undefined
  /**
   * What the caller is told. `usage`: the usage, if the upstream sent none or the answer is cut off.
   * `timing`: usage, timing and state. `record`: the same, also beside an error. `undefined`: nothing.
   */
  tell: Tell
  usage: () => { usage: Usage; source: UsageSource }
  timing?: Timing | undefined
  /** How many events come before the closing ones, if others than those that were shown can have come. */
  eventsBefore?: number | undefined
}

export type Tell = 'usage' | 'timing' | 'record' | undefined

/** Follows the events of one answer, in order. */
export interface EventReader {
  read(event: SseEvent): AnswerEvent
  /**
   * Whether an event that is too large to be parsed is a whole answer's end, by its first characters. Absent
   * where no end is large.
   */
  isLargeEnd?(beginning: string): boolean
}

/** Reads the events of one answer, in order, and writes its last ones. */
export interface AnswerReader extends EventReader {
  /**
   * The form in which a moderated event is shown: its data is built anew, and `texts` are all of it that can
   * hold words. To be called once for each event that is shown, in order.
   */
  judged(event: AnswerEvent): AnswerEvent
  /**
   * Called for each event that readers have and keep, in order: an answer that moderation ends repeats in its
   * closing events what was shown, and no more. Absent where closing events repeat nothing.
   */
  shown?(event: AnswerEvent): void
  /** The same for the last events, whose words readers take back. */
  withdrawn?(event: AnswerEvent): void
  /** @returns the closing events. Unless there is an error, the last is the format's own end */
  closing(closing: Closing): SseEvent[]
}

/** Where an answer was cut off. */
export interface Cut {
  /** The beginning of an event. */
  unfinished: string
  /** The answer's first whole events, and the last ones that were seen: as text, with their framing. */
  first: string
  last: string
}

export interface ReaderOptions {
  /** The id that callers know the answer by, where it is not the upstream's. */
  responseId?: string | undefined
  /** Whether events are stripped of what an owner's tools and prompts say of themselves. */
  strips?: boolean
}

/** What is needed of a format whose bytes are passed on as they come. */
export interface FollowedFormat {
  /** Whether it has no events. Then the body ends where the answer does, and can't say that it is cut off. */
  readonly isPlain?: true
  reader(model: string): EventReader
  /** @returns the text that ends the answer with an error, inside its unfinished event or after it */
  completeCut(cut: Cut, envelope: ErrorEnvelope): string
  /**
   * Whether the text is the format's end, only without its blank line: the answer is whole, its framing is
   * not.
   */
  isUnterminatedEnd(unfinished: string): boolean
  /** Whether a text may contain an event that ends an answer: a cheap check before the events are parsed. */
  mayEnd(text: string): boolean
}

export interface AnswerFormat extends FollowedFormat {
  /** @param model for closing events, if no chunk came that they could copy it from */
  reader(model: string, options?: ReaderOptions): AnswerReader
  /** @param json an unstreamed answer */
  readWhole(json: unknown): WholeAnswer
  /** The form in which a moderated unstreamed answer is shown, and all texts in it. */
  judgedWhole(json: unknown, model: string): { json: unknown; texts: readonly TextPiece[] }
  /**
   * An unstreamed answer without what a visitor must not see; absent where answers repeat nothing of the
   * owner's.
   */
  stripped?(json: unknown): unknown
  /** An unstreamed answer without its words; each choice ends with the content filter. */
  emptied(json: unknown): Record<string, unknown>
  /** An event's data with each character of its texts overwritten. */
  masked(data: string): string
  /** Whether an answer's first bytes may hold an error or the end in place of an answer: a cheap check. */
  mayLackAnswer(first: Uint8Array): boolean
}
