/** What may happen to one stream, and in which order: made up by fast-check, and made small by it where it fails. */
import fc from 'fast-check'
import { FLUSH_MS, HEARTBEAT_MS } from '../../worker/limits.ts'

export interface Scene {
  /** The words of the answer, an event each. */
  tokens: string[]
  /** Where the answer's bytes are cut into chunks, as shares of the whole. */
  cuts: number[]
  acts: Act[]
  ending: Ending
}

/** `turns`: how many microtasks run before the next act, so that it may come in the middle of things. */
export type Act = { turns: number } & (
  | { act: 'say'; chunks: number }
  | { act: 'pass'; ms: number }
  /** The reader takes what there is, or waits; first of all it connects. */
  | { act: 'read'; reader: number }
  /** The connection breaks, and the last bytes that came were lost on the way. */
  | { act: 'leave'; reader: number; lost: number }
  | { act: 'restart' }
  | { act: 'stop' }
)

export interface Ending {
  /** Whether the upstream says all it has before. */
  rest: boolean
  how: 'close' | 'break' | 'error' | 'garbage' | 'stop' | 'restart'
}

export const READERS = 4

const reader = fc.nat(READERS - 1)
const act = fc.oneof(
  { weight: 9, arbitrary: fc.record({ act: fc.constant('say' as const), chunks: fc.nat(4) }) },
  { weight: 14, arbitrary: fc.record({ act: fc.constant('read' as const), reader }) },
  { weight: 5, arbitrary: fc.record({ act: fc.constant('leave' as const), reader, lost: fc.nat(300) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant('pass' as const),
      ms: fc.constantFrom(100, 500, FLUSH_MS, HEARTBEAT_MS),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('stop' as const) }) },
)

const token = fc.oneof(
  { weight: 1000, arbitrary: fc.string({ unit: 'grapheme', maxLength: 8 }) },
  // Two of these fill a row.
  { weight: 12, arbitrary: fc.constant('x'.repeat(40_000)) },
  // More than a row takes beside others.
  { weight: 1, arbitrary: fc.constant('x'.repeat(70_000)) },
)

export const scenes: fc.Arbitrary<Scene> = fc.record({
  tokens: fc.array(token, { maxLength: 50, size: 'max' }),
  // Evenly, where fast-check prefers the ends.
  cuts: fc.array(fc.noBias(fc.nat(999).map((share) => share / 1000)), { maxLength: 100, size: 'max' }),
  acts: fc.array(
    fc.tuple(act, fc.nat(20)).map(([one, turns]): Act => ({ ...one, turns })),
    { maxLength: 60, size: 'max' },
  ),
  ending: fc.record({
    rest: fc.boolean(),
    how: fc.constantFrom('close', 'close', 'break', 'error', 'garbage', 'stop', 'restart'),
  }),
})
