export const sum = (figures: Iterable<number>): number =>
  [...figures].reduce((sum, figure) => sum + figure, 0)

/**
 * @param part 0.5 is the median
 * @returns one of the figures, never a mean of two; `NaN` if there are none
 */
export function percentile(figures: readonly number[], part: number): number {
  const sorted = figures.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

export const median = (figures: readonly number[]): number => percentile(figures, 0.5)
