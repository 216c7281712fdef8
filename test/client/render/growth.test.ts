/** The parser's work grows with a text's length, and not with its square, whatever the text is. */
import { describe, expect, test } from 'vitest'
import { HARD_TEXTS } from './hard-texts.ts'
import { createPreviewed } from './previewed.ts'

const TIMES_LONGER = 4
const MOST_TIMES = 5
/** Of the size of two of a model's tokens. */
const DELTA_CHARS = 8

function rendered(text: string, step: number) {
  const previewed = createPreviewed()
  for (let at = 0; at < text.length; at += step) previewed.write(text.slice(at, at + step))
  previewed.end()
  return previewed
}

test.each(Object.entries(HARD_TEXTS))(
  'four times as much of %s is written in five times as many characters',
  (_, textOf) => {
    const written = (chars: number) => rendered(textOf(chars), DELTA_CHARS).chars
    expect(written(80_000)).toBeLessThanOrEqual(written(20_000) * MOST_TIMES)
  },
)
