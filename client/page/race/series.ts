/** A race's record → what the plot draws, and the rows of it that are read out. */
import type { RaceRecord, Sample } from './record.ts'

/** Columns of one length, a row a message. Times in seconds. */
export interface Series {
  message: number[]
  streamed: number[]
  /** The two levels, the same in each row; `null` throughout where there was no word. */
  firstWords: (number | null)[]
  unstreamed: number[]
}

/** @example toSeries(record).streamed[0] // 0.93: when the first message was there */
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

/** At most `most` messages, evenly spread; among them the first, the one with the first words, and the last. */
export function pickSamples(samples: readonly Sample[], most: number): NumberedSample[] {
  const last = samples.length - 1
  const words = samples.findIndex(({ characters }) => characters > 0)
  // One place is kept for the first words, which need not be on an even step.
  const steps = Math.min(last, most - 2)
  const even = Array.from({ length: steps + 1 }, (_, step) => Math.round((step * last) / Math.max(1, steps)))
  const picked = new Set(words < 0 ? even : [...even, words])
  return [...picked]
    .toSorted((a, b) => a - b)
    .flatMap((message) => {
      const sample = samples[message]
      return sample ? [{ message, ...sample }] : []
    })
}
