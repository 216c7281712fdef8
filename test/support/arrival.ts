/** Proves streaming by arrival: each token reaches the caller soon after the upstream sent it. */
import { expect } from 'vitest'
import type { Received } from './caller.ts'
import type { Call } from './upstream.ts'

const SOON_MS = 50

/** How many of a stream's tokens a busy machine may delay until the next one is sent. */
const HELD_UP = 2

/**
 * Asserts that each token arrived after it was sent, nearly always before the next was, and at the median
 * within 50 ms.
 *
 * @param call an answer with the role chunk, then one token a chunk, well apart
 * @param tokens each occurs once in the answer
 */
export function expectPrompt(
  call: Call | undefined,
  { parts }: Pick<Received, 'parts'>,
  tokens: string[],
): void {
  let held = 0
  const late = tokens.map((token, i) => {
    const sent = call?.sent[i + 1]?.at ?? Number.NaN
    const next = call?.sent[i + 2]?.at ?? Number.NaN
    const came = arrivalOf(token.trim(), parts)
    expect(came, `${token}after it was sent`).toBeGreaterThanOrEqual(sent)
    if (!(came < next)) held++
    return came - sent
  })
  expect(median(late), `median of ${late.map(Math.round)}`).toBeLessThan(SOON_MS)
  expect(held, 'tokens that came only after the next was sent').toBeLessThanOrEqual(HELD_UP)
}

/** When the text up to the end of `marker` had come. */
function arrivalOf(marker: string, parts: Received['parts']): number {
  let text = ''
  for (const { at, bytes } of parts) {
    // Markers are ASCII, so cut characters elsewhere don't matter.
    text += Buffer.from(bytes).toString('latin1')
    if (text.includes(marker)) return at
  }
  return Number.NaN
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
