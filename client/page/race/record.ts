/** What a race measured, as data. All times in milliseconds from the moment when both questions left. */
import type { Timing } from '../../../worker/protocol/wire.ts'

export type Way = 'unstreamed' | 'streamed'

/** One chunk of the streamed answer: a message, as the founding example calls it. */
export interface Sample {
  ms: number
  /** Of text that can be read; 0 for a chunk that says something else, such as the role or the usage. */
  characters: number
}

export interface TokenCount {
  tokens: number
  /** As told with the answer, and there by whom; or counted from the text, on this page. */
  source: 'upstream' | 'estimated' | 'page'
}

export interface Finish {
  /** `null` for an answer without a word. */
  firstWordsMs: number | null
  totalMs: number
  /** As told with the answer; `null` where nothing was told. */
  told: TokenCount | null
  /** Counted from the text that can be read; `null` where the counter could not be loaded. */
  counted: number | null
}

export interface RaceRecord {
  samples: Sample[]
  unstreamed: Finish
  streamed: Finish
  /** The same as the Worker saw it, before the network; `null` where it does not say. */
  atWorker: Timing | null
  /** How many times faster than measured the demo played; `null` where a model answered. */
  demoSpeed: number | null
}

/** The count to go by: as told, or else as counted here. */
export function tokensOf({ told, counted }: Finish): TokenCount | null {
  return told ?? (counted === null ? null : { tokens: counted, source: 'page' })
}
