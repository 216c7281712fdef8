/** The first token of callers who ask one after the other. */
import { readAll } from '../read.ts'
import { pooledRowOf, type Row, rowOf, takeTurns } from '../row.ts'
import { type Running, scripts, targetOf } from '../running.ts'
import { median } from '../statistics.ts'
import type { Upstream } from '../upstream.ts'

const CALLS = 40

/** How long each caller waits, in milliseconds. */
export const firstTokenRounds = (running: Running[], upstream: Upstream, rounds: number) =>
  takeTurns(running, rounds, async (each) => {
    const waits: number[] = []
    for (const script of scripts(CALLS, 2, 1)) {
      const [reading] = await readAll(targetOf(each), [script])
      if (reading !== undefined) waits.push((reading.arrivals[0] ?? Number.NaN) - reading.asked)
    }
    await upstream.sent()
    return waits
  })

export async function benchFirstToken(
  running: Running[],
  upstream: Upstream,
  rounds: number,
): Promise<Row[]> {
  const results = await firstTokenRounds(running, upstream, rounds)
  const name = 'first token, one caller at a time'
  return [
    rowOf(
      {
        name: `${name}, p50`,
        unit: 'ms',
        against: 'added',
        goals: {
          relay: { of: 'added', most: 2 },
          guarded: { of: 'added', most: 3 },
          durable: { of: 'added', most: 4 },
        },
      },
      results,
      median,
    ),
    pooledRowOf(
      { name: `${name}, p99`, unit: 'ms', against: 'added', goals: { guarded: { of: 'added', most: 6 } } },
      results,
      (waits) => waits,
      0.99,
    ),
  ]
}
