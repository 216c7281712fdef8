/** 20 answers at the pace of a fast model: the cost of a token, and how long it takes to cross. */
import { setTimeout } from 'node:timers/promises'
import { readAll, type Target } from '../read.ts'
import { pooledRowOf, type Rounds, type Row, rowOf, takeTurns } from '../row.ts'
import { type Running, scripts, targetOf } from '../running.ts'
import { median } from '../statistics.ts'
import type { Upstream } from '../upstream.ts'

const STREAMS = 20
const TOKENS = 200
const EVERY_MS = 5
/** Until the work after an answer, such as its accounting, has ended. */
const SETTLE_MS = 250

/** What a contestant takes for all these answers. */
export interface Steady {
  /** Microseconds for each token. */
  cpu: number
  crossing: number[]
  gaps: number[]
}

/**
 * All contestants in turns. The first rounds compile the code and grow memory, and don't count.
 *
 * @param target where a contestant is asked, and for what
 */
export async function steadyRounds(
  running: Running[],
  upstream: Upstream,
  rounds: number,
  target: (each: Running) => Target = targetOf,
): Promise<Rounds<Steady>> {
  const measure = async (each: Running): Promise<Steady> => {
    const { name, server, accounted } = each
    const before = server.cpu()
    const accountedBefore = accounted?.() ?? 0
    const readings = await readAll(target(each), scripts(STREAMS, TOKENS, EVERY_MS))
    await setTimeout(SETTLE_MS)
    const cpu = ((server.cpu() - before) * 1000) / (STREAMS * TOKENS)
    // A contestant that accounts for its answers must do so while its CPU is measured.
    if (accounted !== undefined && accounted() - accountedBefore !== STREAMS) {
      throw new Error(`${name} accounted for ${accounted() - accountedBefore} of ${STREAMS} answers.`)
    }
    const sent = await upstream.sent()
    const crossing = readings.flatMap(({ arrivals, stream }) =>
      arrivals.map((at, token) => at - (sent.get(stream)?.[token] ?? Number.NaN)),
    )
    const gaps = readings.flatMap(({ arrivals, stream }) => addedGaps(arrivals, sent.get(stream) ?? []))
    return { cpu, crossing, gaps }
  }
  await takeTurns(running, 2, measure)
  return takeTurns(running, rounds, measure)
}

export async function benchSteady(running: Running[], upstream: Upstream, rounds: number): Promise<Row[]> {
  const results = await steadyRounds(running, upstream, rounds)
  return [
    rowOf(
      {
        name: 'CPU per token',
        unit: 'µs',
        against: 'ratio',
        goals: {
          relay: { of: 'ratio', most: 1.4 },
          guarded: { of: 'ratio', most: 2.5 },
          durable: { of: 'ratio', most: 2.5 },
        },
      },
      results,
      ({ cpu }) => cpu,
    ),
    rowOf({ name: 'crossing, p50', unit: 'ms', against: 'ratio' }, results, ({ crossing }) =>
      median(crossing),
    ),
    pooledRowOf(
      { name: 'crossing, p99', unit: 'ms', against: 'ratio' },
      results,
      ({ crossing }) => crossing,
      0.99,
    ),
    rowOf({ name: 'added gap between tokens, p50', unit: 'ms', against: 'added' }, results, ({ gaps }) =>
      median(gaps),
    ),
    pooledRowOf(
      { name: 'added gap between tokens, p99', unit: 'ms', against: 'added' },
      results,
      ({ gaps }) => gaps,
      0.99,
    ),
  ]
}

/**
 * How much longer the reader waits from one token to the next than the upstream waited between sending them.
 */
const addedGaps = (arrivals: readonly number[], sent: readonly number[]): number[] =>
  arrivals.slice(1).map((at, i) => {
    const [from, to] = [sent[i] ?? Number.NaN, sent[i + 1] ?? Number.NaN]
    return at - (arrivals[i] ?? Number.NaN) - (to - from)
  })
