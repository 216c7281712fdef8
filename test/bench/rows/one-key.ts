/**
 * Many durable streams of one key, which its shards share. One workerd runs all of its objects on one thread, so
 * what is spread over machines in a deployment is a cost here.
 */
import { type Contestant, newKey } from '../contestants.ts'
import { pooledRowOf, type Row, rowOf, takeTurns } from '../row.ts'
import { inNewProcess, targetOf } from '../running.ts'
import { median } from '../statistics.ts'
import type { Upstream } from '../upstream.ts'
import { openAtOnce } from './open-at-once.ts'

const STREAMS = 200
/** 50 tokens a second of each, 4 s long. */
const EVERY_MS = 20
const TOKENS = 200

export async function benchOneKey(
  contestants: Contestant[],
  upstream: Upstream,
  rounds: number,
): Promise<Row[]> {
  const key = newKey()
  const results = await takeTurns(contestants, rounds, (contestant) =>
    inNewProcess(contestant, (each) =>
      openAtOnce(
        each.server,
        targetOf(each, () => key),
        upstream,
        { streams: STREAMS, tokens: TOKENS, every: EVERY_MS },
      ),
    ),
  )
  const name = `${STREAMS} streams of one key, ${1000 / EVERY_MS} tokens/s each: crossing`
  return [
    rowOf(
      {
        name: `${name}, p50`,
        unit: 'ms',
        against: 'ratio',
        goals: { durable: { of: 'figure', most: 50 } },
      },
      results,
      ({ crossing }) => median(crossing),
    ),
    pooledRowOf(
      { name: `${name}, p99`, unit: 'ms', against: 'ratio' },
      results,
      ({ crossing }) => crossing,
      0.99,
    ),
    rowOf(
      {
        name: `${STREAMS} streams of one key: CPU per token`,
        unit: 'µs',
        against: 'ratio',
        goals: { durable: { of: 'figure', most: 80 } },
      },
      results,
      ({ cpu }) => cpu,
    ),
  ]
}
