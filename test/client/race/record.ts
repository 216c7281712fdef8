/** The founding example's race, as the demo plays it: the numbers that the page's figures are held against. */
import type { RaceRecord } from '../../../client/page/race/record.ts'

const TOKENS = 414
const FIRST_MS = 930
const STREAMED_MS = 36_390
const UNSTREAMED_MS = 31_490

export function founding(changes: Partial<RaceRecord> = {}): RaceRecord {
  const gap = (STREAMED_MS - FIRST_MS) / (TOKENS - 1)
  const reported = { tokens: TOKENS, source: 'upstream' } as const
  return {
    samples: [
      { ms: FIRST_MS, characters: 0 },
      ...Array.from({ length: TOKENS }, (_, i) => ({ ms: FIRST_MS + i * gap, characters: 4 })),
      { ms: STREAMED_MS, characters: 0 },
    ],
    unstreamed: { firstWordsMs: UNSTREAMED_MS, totalMs: UNSTREAMED_MS, reported, counted: TOKENS },
    streamed: { firstWordsMs: FIRST_MS, totalMs: STREAMED_MS, reported, counted: TOKENS },
    atWorker: { first_byte_ms: 905, first_token_ms: 910, total_ms: 36_370, tokens_per_second: 11.65 },
    demoSpeed: 1,
    ...changes,
  }
}
