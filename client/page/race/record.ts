/** The measurements of a race. All times are in milliseconds since both requests were sent. */
import type { Timing } from '../../../worker/protocol/wire.ts'

export type Way = 'unstreamed' | 'streamed'

/** One chunk of the streamed answer, which the founding example calls a message. */
export interface Sample {
  ms: number
  /** Characters of visible text; 0 for a chunk without any, such as the role or the usage. */
  characters: number
}

export interface TokenCount {
  tokens: number
  /**
   * Where the count comes from: reported with the answer by the upstream or estimated by the Worker, or
   * counted from the text on this page.
   */
  source: 'upstream' | 'estimated' | 'page'
}

export interface Finish {
  /** `null` for an answer without text. */
  firstWordsMs: number | null
  totalMs: number
  /** The count reported with the answer; `null` if it had none. */
  reported: TokenCount | null
  /** The count of the visible text on this page; `null` if the counter could not be loaded. */
  counted: number | null
}

export interface RaceRecord {
  samples: Sample[]
  unstreamed: Finish
  streamed: Finish
  /** The streamed answer's times as the Worker measured them, without the network; `null` if not reported. */
  atWorker: Timing | null
  /** Speed of the demo as a multiple of the measured one; `null` if a model answered. */
  demoSpeed: number | null
}

/** The count to use: the reported one, else the page's own. */
export function tokensOf({ reported, counted }: Finish): TokenCount | null {
  return reported ?? (counted === null ? null : { tokens: counted, source: 'page' })
}
