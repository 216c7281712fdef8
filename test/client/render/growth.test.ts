/** The parser's work grows with a text's length, and not with its square, whatever the text is. */
import { describe, expect, test } from 'vitest'
import { cpuTime } from '../../support/cpu-time.ts'
import { HARD_TEXTS } from './hard-texts.ts'
import { createPreviewed } from './previewed.ts'

const TIMES_LONGER = 4
const MOST_TIMES = 5

/** Of the size of two of a model's tokens. */
const DELTA_CHARS = 8

/** The long text is measured once for this many of the short one, so that both take about as long. */
const SHORT_TEXTS = TIMES_LONGER
/** Other work of the machine slows a run at random. A square would take 16 times as long in each. */
const MOST_RUNS = 15
/**
 * A length from which on objects outlive the first garbage collection costs more than its share. Longer texts
 * are then compared: of them a square would take even more.
 */
const SCALES = [1, 2, 4]

/** @returns the characters that were written to the sink, the previews' too */
function written(text: string, step: number): number {
  const previewed = createPreviewed()
  for (let at = 0; at < text.length; at += step) previewed.write(text.slice(at, at + step))
  previewed.end()
  return previewed.chars
}

/**
 * @returns how many times as long a text of `TIMES_LONGER` times the characters takes, at the least of all
 * runs:
 *   each compares both lengths on the machine as it is then
 */
function timesAsLong(textOf: (chars: number) => string, chars: number, step: number): number {
  const shortText = textOf(chars)
  const longText = textOf(chars * TIMES_LONGER)
  let least = Number.POSITIVE_INFINITY
  for (let run = 0; run < MOST_RUNS; run++) {
    const several = cpuTime(() => {
      for (let text = 0; text < SHORT_TEXTS; text++) written(shortText, step)
    })
    const long = cpuTime(() => written(longText, step))
    // The first run compiles the code.
    if (run > 0) least = Math.min(least, (long * SHORT_TEXTS) / several)
    if (least <= MOST_TIMES) break
  }
  return least
}

test.each(Object.entries(HARD_TEXTS))(
  'four times as much of %s writes no square of the text',
  (_, textOf) => {
    const short = written(textOf(20_000), DELTA_CHARS)
    expect(written(textOf(20_000 * TIMES_LONGER), DELTA_CHARS)).toBeLessThanOrEqual(short * MOST_TIMES)
  },
)

describe.each([
  ['in deltas', 8000, DELTA_CHARS],
  ['at once', 6000, Number.POSITIVE_INFINITY],
])('%s', (_, chars, step) => {
  test.each(Object.entries(HARD_TEXTS))(
    'four times as much of %s takes at most five times as long',
    (_, textOf) => {
      let least = Number.POSITIVE_INFINITY
      for (const scale of SCALES) {
        least = Math.min(least, timesAsLong(textOf, chars * scale, step))
        if (least <= MOST_TIMES) break
      }
      expect(least).toBeLessThanOrEqual(MOST_TIMES)
    },
  )
})
