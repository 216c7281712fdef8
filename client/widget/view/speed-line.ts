/** Describes the meter's readings in words. */
import type { Reading } from '../../stream/meter.ts'
import type { Strings } from '../strings/en.ts'
import { fill } from '../strings/fill.ts'

/** The line under an answer; empty if no token came. Tokens are shown once the answer has ended. */
export function speedLine(reading: Reading, ended: boolean, strings: Strings): string {
  const { firstTokenMs, tokensPerSecond } = reading
  if (firstTokenMs === null) return ''
  const parts = [fill(strings.firstToken, { seconds: seconds(firstTokenMs, strings) })]
  if (tokensPerSecond !== null) {
    const rate = decimal(tokensPerSecond, tokensPerSecond < 100 ? 1 : 0, strings)
    parts.push(fill(strings.rate, { rate }))
  }
  if (ended) parts.push(tokens(reading, strings))
  return parts.join(' · ')
}

/** Formats seconds: `0.93`, `36.4`. */
function seconds(ms: number, strings: Strings): string {
  return decimal(ms / 1000, ms < 10_000 ? 2 : 1, strings)
}

function tokens({ tokens, counted }: Reading, strings: Strings): string {
  const words = counted === 'usage' ? strings.tokens : strings.aboutTokens
  return fill(words, { count: thousands(tokens, strings) })
}

/** Formats a whole number: `20,000`. */
export function thousands(count: number, { thousandsMark }: Pick<Strings, 'thousandsMark'>): string {
  // Not `toLocaleString`: its first call takes 20 ms, and four times that on a slow phone.
  return String(count).replace(/\B(?=(\d{3}){1,5}$)/g, thousandsMark)
}

function decimal(value: number, digits: number, { decimalMark }: Strings): string {
  return value.toFixed(digits).replace('.', decimalMark)
}
