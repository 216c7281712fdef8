/** Random choices that are the same for the same seed. */

export interface Random {
  /** A number from 0 to 1, without 1. */
  next(): number
  /** A whole number, both ends included. */
  between(least: number, most: number): number
  /** Whether something happens that happens so often: 0.25 is one time in four. */
  chance(often: number): boolean
  pick<T>(from: readonly T[]): T
}

/** The mulberry32 generator. */
export function randomOf(seed: number): Random {
  let state = seed | 0
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    between: (least, most) => least + Math.floor(next() * (most - least + 1)),
    chance: (often) => next() < often,
    pick(from) {
      if (from.length === 0) throw new RangeError('There is nothing to pick from.')
      return from[Math.floor(next() * from.length)] as (typeof from)[number]
    },
  }
}

/** The seed of one round: a round can be run again without those before it. */
export const seedOfRound = (seed: number, round: number): number => Math.imul(seed ^ (round + 1), 0x9e3779b1)
