/** UTC days, as numbers since 1970-01-01. Every budget counts by them. */

const DAY_MS = 86_400_000

export function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS)
}

/** @returns when the day is over and its budgets start again */
export function endOfDay(day: number): number {
  return (day + 1) * DAY_MS
}
