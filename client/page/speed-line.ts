/** A meter's reading in words. */
import type { Reading } from '../stream/meter.ts'

/** The line while an answer is awaited, from the time that has passed. */
export function waitingLine(elapsedMs: number): string {
  return `Waiting for the first token… ${(elapsedMs / 1000).toFixed(1)} s`
}

/** The line under an answer; empty where no token came. Tokens are told once the answer has ended. */
export function speedLine(reading: Reading, ended: boolean): string {
  if (reading.firstTokenMs === null) return ''
  const parts = [`First token after ${seconds(reading.firstTokenMs)}`]
  if (reading.tokensPerSecond !== null) parts.push(`${rate(reading.tokensPerSecond)} tokens per second`)
  if (ended) parts.push(tokens(reading))
  return parts.join(' · ')
}

/** A time as it is read: `0.93 s`, `36.4 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`
}

function rate(value: number): string {
  return value.toFixed(value < 100 ? 1 : 0)
}

function tokens({ tokens, counted }: Reading): string {
  const count = `${thousands(tokens)} ${tokens === 1 ? 'token' : 'tokens'}`
  return counted === 'usage' ? count : `about ${count}`
}

/** A whole number as it is read: `20,000`. */
export function thousands(count: number): string {
  // Not `toLocaleString`: its first use alone takes 20 ms, four times that on a slow phone.
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}
