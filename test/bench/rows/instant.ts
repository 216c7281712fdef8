/** The first token of callers who ask in the same instant. */
import { setTimeout } from 'node:timers/promises'
import { readAll } from '../read.ts'
import { pooledRowOf, type Row, rowOf, takeTurns } from '../row.ts'
import { type Running, scripts, targetOf } from '../running.ts'
import { median } from '../statistics.ts'
import type { Upstream } from '../upstream.ts'

const CALLERS = 20
const INSTANTS = 8
/** Until the work after the answers, such as their accounting, has ended. */
const SETTLE_MS = 50

export async function benchInstant(running: Running[], upstream: Upstream, rounds: number): Promise<Row[]> {
  const measure = async (each: Running) => {
    const waits: number[] = []
    for (let instant = 0; instant < INSTANTS; instant++) {
      const readings = await readAll(targetOf(each), scripts(CALLERS, 2, 1))
      waits.push(...readings.map(({ arrivals, asked }) => (arrivals[0] ?? Number.NaN) - asked))
      await setTimeout(SETTLE_MS)
    }
    await upstream.sent()
    return waits
  }
  // The first round opens the connections, and doesn't count.
  await takeTurns(running, 1, measure)
  const results = await takeTurns(running, rounds, measure)
  const name = `first token, ${CALLERS} callers in one instant`
  return [
    rowOf(
      {
        name: `${name}, p50`,
        unit: 'ms',
        against: 'added',
        goals: { relay: { of: 'tutorial', most: 1 } },
      },
      results,
      median,
    ),
    pooledRowOf({ name: `${name}, p99`, unit: 'ms', against: 'added' }, results, (waits) => waits, 0.99),
  ]
}
