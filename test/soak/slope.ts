/** How fast a figure grows over a run. */

/** Growth a minute, by least squares, of figures that were taken once a minute; 0 for fewer than two. */
export function slopeOf(figures: readonly number[]): number {
  const mean = (list: readonly number[]) => list.reduce((sum, each) => sum + each, 0) / list.length
  const minutes = figures.map((_, minute) => minute)
  const [x, y] = [mean(minutes), mean(figures)]
  const together = figures.reduce((sum, figure, minute) => sum + (minute - x) * (figure - y), 0)
  const alone = minutes.reduce((sum, minute) => sum + (minute - x) ** 2, 0)
  return alone === 0 ? 0 : together / alone
}
