/** The parser's time grows with a text's length, and not with its square, whatever the text is. */
import { describe, expect, test } from 'vitest'
import { createParser } from '../../../client/render/parse/parser.ts'
import { HARD_TEXTS } from './hard-texts.ts'

const TIMES_LONGER = 4
/** In the middle between linear time, 4, and quadratic time, 16. */
const MOST_TIMES_TIME = 8
/** What the compiler and the garbage collector may add to any run. */
const NOISE_MS = 25
/** Other work of the machine slows a run at random, so the best of several counts. */
const RUNS = 4

/** Of the size of two of a model's tokens. */
const DELTA_CHARS = 8

const nothing = () => {}

function parse(text: string, step: number): void {
  const parser = createParser({ open: nothing, close: nothing, text: nothing, attribute: nothing })
  for (let at = 0; at < text.length; at += step) {
    parser.write(text.slice(at, at + step))
    parser.preview()
  }
  parser.end()
}

/** CPU time, which other processes do not take. */
function cpuMs(work: () => void): number {
  const before = process.cpuUsage().user
  work()
  return (process.cpuUsage().user - before) / 1000
}

describe.each([
  ['in deltas', 8000, DELTA_CHARS],
  ['at once', 25_000, Number.POSITIVE_INFINITY],
])('%s', (_, chars, step) => {
  test.each(Object.entries(HARD_TEXTS))(
    'four times as much of %s takes no square of the time',
    (_, textOf) => {
      let short = Number.POSITIVE_INFINITY
      let long = Number.POSITIVE_INFINITY
      for (let run = 0; run < RUNS; run++) {
        short = Math.min(
          short,
          cpuMs(() => parse(textOf(chars), step)),
        )
        long = Math.min(
          long,
          cpuMs(() => parse(textOf(chars * TIMES_LONGER), step)),
        )
        if (long <= short * MOST_TIMES_TIME + NOISE_MS) break
      }
      expect(long).toBeLessThan(short * MOST_TIMES_TIME + NOISE_MS)
    },
  )
})
