/** When visitors come: by the hour of the day, and in crowds. */
import type { Chance } from './chance.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

/**
 * Visitors by the hour of the day, for each that comes in an average hour. An assumption: the visitors of one
 * country, the least at 4, a day that is level from 10 on, and the most in the evening. That is the shape of
 * published curves (BuzzFeed's of traffic in the US, shops' of one host in Britain). Visitors from all over the
 * world spread further, so their peak is lower.
 */
export const BY_HOUR: readonly number[] = [
  0.62, 0.4, 0.27, 0.2, 0.18, 0.22, 0.38, 0.64, 0.9, 1.1, 1.22, 1.28, 1.3, 1.27, 1.26, 1.27, 1.3, 1.36, 1.43,
  1.53, 1.6, 1.5, 1.22, 0.95,
]

const sum = BY_HOUR.reduce((all, hour) => all + hour, 0)
const most = Math.max(...BY_HOUR)
export const PEAK_HOUR = BY_HOUR.indexOf(most)

/** Visitors a second in this hour of a day. */
export const rateAt = (visitors: number, hour: number): number =>
  (visitors * (BY_HOUR[hour % 24] ?? 0)) / sum / 3600

/** The times of visitors who come independently of each other, between two times of one day. */
export function byHour(visitors: number, from: number, to: number, chance: Chance): number[] {
  const times: number[] = []
  const mostAMs = rateAt(visitors, PEAK_HOUR) / 1000
  // Thinning: comers at the rate of the peak, of whom each stays with the share of the hour.
  for (let at = from; ; ) {
    at += chance.exponential(1 / mostAMs)
    if (at >= to) return times
    const hour = Math.floor(at / HOUR_MS) % 24
    if (chance.happens((BY_HOUR[hour] ?? 0) / most)) times.push(at)
  }
}

/** A link on a front page: all come within a minute, most of them in its first half. */
export function crowd(count: number, from: number, chance: Chance): number[] {
  const times = Array.from({ length: count }, () => from + MINUTE_MS * chance.next() ** 1.5)
  return times.sort((a, b) => a - b)
}
