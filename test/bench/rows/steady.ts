/** 20 answers at the pace of a fast model: what a token costs and how long it takes to cross. */
import { setTimeout } from 'node:timers/promises'
import { readAll } from '../read.ts'
import { type Row, rowOf, takeTurns } from '../row.ts'
import { type Running, scripts, targetOf } from '../running.ts'
import { median, percentile } from '../statistics.ts'
import type { Upstream } from '../upstream.ts'

const STREAMS = 20
const TOKENS = 200
const EVERY_MS = 5
/** Until what is done after an answer, such as its accounting, is done too. */
const SETTLE_MS = 250

export async function benchSteady(running: Running[], upstream: Upstream, rounds: number): Promise<Row[]> {
  const measure = async (each: Running) => {
    const { name, workerd, accounted } = each
    const before = workerd.cpu()
    const accountedBefore = accounted?.() ?? 0
    const readings = await readAll(targetOf(each), scripts(STREAMS, TOKENS, EVERY_MS))
    await setTimeout(SETTLE_MS)
    const cpu = ((workerd.cpu() - before) * 1000) / (STREAMS * TOKENS)
    // Cheap without its accounting would be no merit.
    if (accounted !== undefined && accounted() - accountedBefore !== STREAMS) {
      throw new Error(`${name} accounted for ${accounted() - accountedBefore} of ${STREAMS} answers.`)
    }
    const sent = await upstream.sent()
    const first = readings.map(({ arrivals, asked }) => (arrivals[0] ?? Number.NaN) - asked)
    const crossing = readings.flatMap(({ arrivals, stream }) =>
      arrivals.map((at, token) => at - (sent.get(stream)?.[token] ?? Number.NaN)),
    )
    return { cpu, first, crossing }
  }
  // Compiled and grown by the first rounds, which don't count.
  await takeTurns(running, 2, measure)
  const results = await takeTurns(running, rounds, measure)
  return [
    rowOf(
      {
        name: 'CPU per token',
        unit: 'µs',
        against: 'ratio',
        goals: { Millrace: { of: 'ratio', most: 1.5 }, durable: { of: 'ratio', most: 4 } },
      },
      results,
      ({ cpu }) => cpu,
    ),
    rowOf(
      {
        name: `first token, ${STREAMS} callers at once, p50`,
        unit: 'ms',
        against: 'added',
        goals: { Millrace: { of: 'added', most: 3 }, durable: { of: 'added', most: 6 } },
      },
      results,
      ({ first }) => median(first),
    ),
    rowOf(
      { name: `first token, ${STREAMS} callers at once, p99`, unit: 'ms', against: 'added' },
      results,
      ({ first }) => percentile(first, 0.99),
    ),
    rowOf(
      { name: 'crossing, p50', unit: 'ms', against: 'ratio', goals: { Millrace: { of: 'ratio', most: 2 } } },
      results,
      ({ crossing }) => median(crossing),
    ),
    rowOf({ name: 'crossing, p99', unit: 'ms', against: 'ratio' }, results, ({ crossing }) =>
      percentile(crossing, 0.99),
    ),
  ]
}
