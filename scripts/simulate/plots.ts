/** The plots of docs/SCALE.md. */
import { rateAt } from './arrivals.ts'
import { type KeyOutcome, SHARDS } from './key.ts'
import { type Plot, svgOf } from './plot.ts'
import { countBySecond } from './report.ts'
import type { Crowd, DayOutcome, Reconnects } from './scenarios.ts'
import { PLATFORM } from './work.ts'
import type { Outcome } from './world.ts'

const HOURS = Array.from({ length: 25 }, (_, hour) => hour)
const bound = (from: number, to: number) => ({
  name: `an object: ${PLATFORM.requestsPerSecond.toLocaleString('en')}`,
  isBound: true,
  points: [from, to].map((at) => [at, PLATFORM.requestsPerSecond] as const),
})

export function totalPlot(days: readonly DayOutcome[]): string {
  const plot: Plot = {
    title: 'Messages to the object that hands out the total, by the hour of the day',
    x: { label: 'hour of the day', ticks: [0, 4, 8, 12, 16, 20, 24] },
    y: { label: 'messages a second', ticks: [0.1, 1, 10, 100, 1000, 10_000], isLog: true },
    lines: [
      ...days.map((day) => ({
        name: `${day.visitorsADay.toLocaleString('en')} a day`,
        points: HOURS.map((hour) => [hour, rateAt(day.visitorsADay, hour) * day.messagesEach] as const),
      })),
      bound(0, 24),
    ],
  }
  return svgOf(plot)
}

const perSecond = (counts: readonly number[], most: number) =>
  Array.from({ length: most }, (_, second) => [second, counts[second] ?? 0] as const)

export function crowdPlot(crowds: readonly (readonly [Crowd, Outcome])[]): string {
  const [first] = crowds
  return svgOf({
    title: `${first?.[0].count.toLocaleString('en')} visitors in a minute: messages to the total’s object`,
    x: { label: 'seconds after the link was published', ticks: [0, 60, 120, 180, 240, 300, 360] },
    y: { label: 'messages a second', ticks: [0, 200, 400, 600, 800, 1000, 1200] },
    lines: [
      ...crowds.map(([{ tokensEach }, { total }]) => ({
        name: `${tokensEach.toLocaleString('en')} tokens each`,
        points: perSecond(total.bySecond, 360),
      })),
      bound(0, 360),
    ],
  })
}

/** @param at when the objects restarted */
export function reconnectsPlot(all: readonly (readonly [Reconnects, Outcome])[], at: number): string {
  const [, [shown, restarted] = all[0] ?? [], away] = all
  const lines = [
    { name: 'reconnects', counts: countBySecond(restarted?.tally.reconnects ?? [], at) },
    { name: 'the same, 10 s away', counts: countBySecond(away?.[1].tally.reconnects ?? [], at) },
    { name: 'messages to the total', counts: restarted?.total.bySecond ?? [] },
  ]
  return svgOf({
    title: `${shown?.readers.toLocaleString('en')} running answers when all objects restart within a second`,
    x: { label: 'seconds after the restart', ticks: [0, 15, 30, 45, 60, 75, 90, 105, 120] },
    y: { label: 'a second', ticks: [1, 10, 100, 1000, 10_000], isLog: true },
    lines: lines.map(({ name, counts }) => ({ name, points: perSecond(counts, 120) })),
  })
}

export function keyPlot(keys: readonly KeyOutcome[]): string {
  return svgOf({
    title: 'Durable streams of one key, 50 tokens a second each: the slowest of 100 tokens',
    x: { label: 'streams at once', ticks: [60, 200, 480, 1000, 2000], isLog: true },
    y: {
      label: 'wait of a token (p99)',
      ticks: [0.1, 1, 10, 100, 1000, 10_000, 100_000],
      isLog: true,
      nameOf: (ms) => (ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`),
    },
    lines: SHARDS.map((shards) => ({
      name: shards === 1 ? 'one object' : `${shards} shards`,
      points: keys
        .filter((key) => key.shards === shards)
        .map(({ streams, crossing }) => [streams, crossing.p99] as const),
    })),
  })
}
