/** Turns a race's record into the plot's data and the rows that are read out. */
import type { RaceRecord, Sample } from './record.ts'

/** Columns of equal length, one row a message. Times are in seconds. */
export interface Series {
  message: number[]
  streamed: number[]
  /** The two levels, with the same value in each row; `firstWords` has only `null` if there were no words. */
  firstWords: (number | null)[]
  unstreamed: number[]
}

/** @example toSeries(record).streamed[0] // 0.93: the time of the first message */
export function toSeries({ samples, streamed, unstreamed }: RaceRecord): Series {
  const level = <T>(value: T) => samples.map(() => value)
  return {
    message: samples.map((_, index) => index),
    streamed: samples.map(({ ms }) => ms / 1000),
    firstWords: level(streamed.firstWordsMs === null ? null : streamed.firstWordsMs / 1000),
    unstreamed: level(unstreamed.totalMs / 1000),
  }
}

export interface NumberedSample extends Sample {
  message: number
}

/**
 * Picks at most `max` messages, evenly spread, including the first, the one with the first words, and the
 * last.
 */
export function pickSamples(samples: readonly Sample[], max: number): NumberedSample[] {
  const last = samples.length - 1
  const words = samples.findIndex(({ characters }) => characters > 0)
  // Keep one place for the first words, which may lie between two steps.
  const steps = Math.min(last, max - 2)
  const even = Array.from({ length: steps + 1 }, (_, step) => Math.round((step * last) / Math.max(1, steps)))
  const picked = new Set(words < 0 ? even : [...even, words])
  return [...picked]
    .toSorted((a, b) => a - b)
    .flatMap((message) => {
      const sample = samples[message]
      return sample ? [{ message, ...sample }] : []
    })
}
