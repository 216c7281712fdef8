/** Random numbers that are the same for the same seed. */

export interface Chance {
  /** From 0 to 1. */
  next(): number
  between(least: number, most: number): number
  /** Exponentially distributed, as the time until something that may happen at any moment. */
  exponential(mean: number): number
  happens(probability: number): boolean
  /** A whole number below `count`. */
  below(count: number): number
}

export function createChance(seed: number): Chance {
  let state = seed >>> 0
  // "mulberry32" by Tommy Ettinger: 32 bits of state, enough for a simulation.
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    between: (least, most) => least + next() * (most - least),
    exponential: (mean) => -mean * Math.log(1 - next()),
    happens: (probability) => next() < probability,
    below: (count) => Math.floor(next() * count),
  }
}
