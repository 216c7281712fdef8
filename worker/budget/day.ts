/** UTC days, as numbers since 1970-01-01: the days of every budget, wherever its caller is. */

const DAY_MS = 86_400_000

export function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS)
}

/** @returns when the day is over, and its budgets begin anew */
export function endOfDay(day: number): number {
  return (day + 1) * DAY_MS
}
