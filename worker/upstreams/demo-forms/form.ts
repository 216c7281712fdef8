/** A wire format as the demo speaks it. */
import type { SseEvent } from '../../protocol/event-reader.ts'
import type { Usage } from '../../protocol/wire.ts'
import type { AnswerPiece } from '../demo-answers/prepared.ts'

/** In milliseconds. */
export interface Pace {
  /** When the `n`th token of a streamed answer comes. */
  token(n: number): number
  /** When an unstreamed answer of `n` tokens comes. */
  whole(n: number): number
}

export interface DemoPiece extends AnswerPiece {
  /** How many tokens the answer has up to here. */
  upTo: number
}

export interface DemoAnswer {
  /** Without a format's prefix. */
  id: string
  question: string
  /** Seconds since the epoch. */
  created: number
  model: string
  pieces: readonly DemoPiece[]
  /** Whether the answer is longer than the request lets it be. */
  isCut: boolean
  usage: Usage
}

export interface Timed extends SseEvent {
  /** Milliseconds after the question. */
  at: number
}

export interface DemoForm {
  /** @param request checked on its way in; a field that is missing has a default */
  read(request: Record<string, unknown>): {
    messages: readonly { role: string; content?: unknown }[]
    /** The most tokens that the answer may have. */
    most: unknown
  }
  /** The events of a streamed answer, in order, each with its time. */
  events(answer: DemoAnswer, request: Record<string, unknown>, pace: Pace): Iterator<Timed>
  whole(answer: DemoAnswer): unknown
}
