/** Callers that come one after the other: what each waits for its first token. */
import { readAll } from '../read.ts'
import { type Row, rowOf, takeTurns } from '../row.ts'
import { type Running, scripts, targetOf } from '../running.ts'
import { median, percentile } from '../statistics.ts'
import type { Upstream } from '../upstream.ts'

const CALLS = 40

export async function benchFirstToken(
  running: Running[],
  upstream: Upstream,
  rounds: number,
): Promise<Row[]> {
  const results = await takeTurns(running, rounds, async (each) => {
    const waits: number[] = []
    for (const script of scripts(CALLS, 2, 1)) {
      const [reading] = await readAll(targetOf(each), [script])
      if (reading !== undefined) waits.push((reading.arrivals[0] ?? Number.NaN) - reading.asked)
    }
    await upstream.sent()
    return waits
  })
  const name = 'first token, one caller at a time'
  return [
    rowOf(
      {
        name: `${name}, p50`,
        unit: 'ms',
        against: 'added',
        goals: {
          Millrace: { of: 'added', most: 3 },
          guarded: { of: 'added', most: 3 },
          durable: { of: 'added', most: 6 },
        },
      },
      results,
      median,
    ),
    rowOf({ name: `${name}, p99`, unit: 'ms', against: 'added' }, results, (waits) =>
      percentile(waits, 0.99),
    ),
  ]
}
