/** What is simulated: days and their peaks, a crowd, a deployment under running answers, and one busy key. */
import { byHour, crowd, PEAK_HOUR, rateAt } from './arrivals.ts'
import { createChance } from './chance.ts'
import { type KeyOutcome, SHARDS, STREAMS, simulateKey } from './key.ts'
import { readWorkTimes } from './work.ts'
import { type Outcome, type Plan, simulate } from './world.ts'

export const SCENARIOS = ['day', 'crowd', 'reconnects', 'key'] as const
export type Scenario = (typeof SCENARIOS)[number]

/** Visitors a day. */
export const SCALES = [10_000, 1_000_000, 10_000_000] as const

/** Of one visitor, with all questions and answers: what a total that never runs out has for each. */
const AMPLE_TOKENS = 10_000

const ANSWERS = { answers: 4, tokens: 500, pace: 90 } as const
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = Date.UTC(2026, 10, 30)
const PEAK = DAY + (PEAK_HOUR + 0.5) * HOUR

/** How much of the day is simulated: before it counts, and while it does. All of a small deployment's. */
function timesOf(visitors: number): { warmUp: number; during: number; from: number } {
  if (visitors <= 20_000) return { warmUp: 0, during: 24 * HOUR, from: DAY }
  // A visitor asks for five minutes, and gives back after a sixth.
  const during = visitors <= 2_000_000 ? 2 * MINUTE : 30 * SECOND
  return { warmUp: 6 * MINUTE, during, from: PEAK }
}

export interface DayOutcome extends Outcome {
  visitorsADay: number
  /** Messages of a visitor to the total's object, in all. */
  messagesEach: number
}

export async function simulateDay(visitorsADay: number, seed: number): Promise<DayOutcome> {
  const { warmUp, during, from } = timesOf(visitorsADay)
  const end = from + during
  const arrivals = byHour(visitorsADay, from - warmUp, end, createChance(seed))
  const limit = visitorsADay * AMPLE_TOKENS
  const outcome = await simulate({
    ...ANSWERS,
    ...{ seed, work: readWorkTimes(), arrivals, from, end, limit },
  })
  const isWhole = during === 24 * HOUR
  const came = isWhole ? visitorsADay : (rateAt(visitorsADay, PEAK_HOUR) * during) / SECOND
  return { ...outcome, visitorsADay, messagesEach: outcome.total.waits.length / came }
}

export interface Crowd {
  /** Who comes within the minute. */
  count: number
  /** The tokens of the deployment for each visitor of the crowd. */
  tokensEach: number
}

export const CROWDS: readonly Crowd[] = [
  { count: 10_000, tokensEach: AMPLE_TOKENS },
  { count: 10_000, tokensEach: 3000 },
]

export function simulateCrowd({ count, tokensEach }: Crowd, seed: number): Promise<Outcome> {
  const from = DAY + 12 * HOUR
  const arrivals = crowd(count, from, createChance(seed))
  return simulate({
    ...ANSWERS,
    ...{ seed, work: readWorkTimes(), arrivals, from, end: from + 6 * MINUTE, limit: count * tokensEach },
  })
}

export interface Reconnects {
  /** Whose answers run when all objects restart. */
  readers: number
  /** For how long nothing can be reached. */
  downMs: number
}

/** Answers that run at the peak of a million and of ten million visitors a day, and four times as many. */
export const RECONNECTS: readonly Reconnects[] = [
  { readers: 500, downMs: 0 },
  { readers: 5000, downMs: 0 },
  { readers: 5000, downMs: 10 * SECOND },
  { readers: 20_000, downMs: 0 },
]

/** When all objects restart. */
export const restartOf = (): number => DAY + 12 * HOUR

export function simulateReconnects({ readers, downMs }: Reconnects, seed: number): Promise<Outcome> {
  const chance = createChance(seed)
  const at = restartOf()
  const begin = at - 3 * MINUTE
  const plan: Omit<Plan, 'arrivals'> = {
    ...ANSWERS,
    // Slow answers, so that all of them run at once.
    pace: 2,
    ...{ seed, work: readWorkTimes(), from: at, end: at + 150 * SECOND, limit: readers * AMPLE_TOKENS },
    deployment: { at, downMs },
  }
  const arrivals = Array.from({ length: readers }, () => begin + chance.between(0, MINUTE)).sort(
    (a, b) => a - b,
  )
  return simulate({ ...plan, arrivals })
}

const PACE_OF_KEY = 50

export function simulateKeys(seed: number): KeyOutcome[] {
  const work = readWorkTimes()
  return SHARDS.flatMap((shards) =>
    STREAMS.map((streams) => simulateKey({ streams, shards, pace: PACE_OF_KEY }, work, createChance(seed))),
  )
}
