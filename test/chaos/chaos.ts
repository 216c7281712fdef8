/** Round after round of chaos with one Worker, and a look at what is left of it. */
import { startHouse } from './house.ts'
import { findLeftovers } from './leftovers.ts'
import { planRound } from './plan.ts'
import { type Played, playRound, type Violation } from './round.ts'
import { createTally, type Tally } from './tally.ts'

export interface Chaos {
  seed: number
  /** The numbers of the rounds; it ends with the last of them, or when `isOver` says so. */
  rounds: Iterable<number>
  isOver?(): boolean
  onRound?(round: number, played: Played): void
}

export interface Report {
  seed: number
  tally: Tally
  violations: Violation[]
}

const CALLS_A_ROUND = 60
const DAY_MS = 24 * 3_600_000
/** The Worker's time of day at the beginning: no day ends while a round is played, unless the clock jumps. */
const MORNING_MS = 6 * 3_600_000

export async function playChaos({ seed, rounds, isOver = () => false, onRound }: Chaos): Promise<Report> {
  const tally = createTally()
  const violations: Violation[] = []
  const house = await startHouse(DAY_MS - (Date.now() % DAY_MS) + MORNING_MS)
  try {
    for (const round of rounds) {
      if (isOver()) break
      const played = await playRound(house, planRound(seed, round, CALLS_A_ROUND))
      tally.add(played)
      violations.push(...played.violations)
      onRound?.(round, played)
    }
    const left = await findLeftovers(house)
    violations.push(...left.map((wrong) => ({ round: undefined, step: undefined, wrong })))
  } finally {
    await house.stop()
  }
  return { seed, tally, violations }
}

/** What was wrong, and how to see it again. */
export function inWords({ round, step, wrong }: Violation, seed: number): string {
  const again = round === undefined ? `--seed ${seed}` : `--seed ${seed} --round ${round}`
  return `VIOLATION ${step ?? `in round ${round ?? 'none: left at the end'}`}: ${wrong}\n  again: npm run chaos -- ${again}`
}
