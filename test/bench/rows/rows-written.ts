/**
 * The rows that a caller's object writes for a durable stream, as SQLite counts them, with indexes and
 * deletions.
 */
import { setTimeout } from 'node:timers/promises'
import { bindingsFor, bundleCounted, newKey } from '../contestants.ts'
import { readAll } from '../read.ts'
import type { Row } from '../row.ts'
import { scripts } from '../running.ts'
import type { Upstream } from '../upstream.ts'
import { startWorkerd } from '../workerd.ts'

const ANSWERS = 2
const TOKENS = 500
const PACES_MS = [5, 20]
/** Streams expire during the measurement, because deleting them is a part of their price. */
const KEEP_MS = 1000

export async function benchRowsWritten(upstream: Upstream): Promise<Row[]> {
  const written = new Map<string, number>()
  const workerd = await startWorkerd({
    bundle: await bundleCounted(),
    bindings: { ...bindingsFor(upstream.url), STREAM_KEEP_MS: String(KEEP_MS) },
    configured: true,
    onLog(line) {
      if (!line.startsWith('{')) throw new Error(line)
      const { caller, rows_written = 0 } = JSON.parse(line) as { caller: string; rows_written?: number }
      written.set(caller, (written.get(caller) ?? 0) + rows_written)
    },
  })
  try {
    return await Promise.all(
      PACES_MS.map(async (every): Promise<Row> => {
        const key = newKey()
        const target = { url: workerd.url, path: '/v1/streams', keyOf: () => key }
        await readAll(target, scripts(ANSWERS, TOKENS, every))
        await setTimeout(3 * KEEP_MS)
        return {
          name: `rows written for an answer of ${TOKENS} tokens, ${1000 / every} tokens/s`,
          unit: 'rows',
          figures: { durable: (written.get(`key:${key}`) ?? Number.NaN) / ANSWERS },
          goals: { durable: { of: 'figure', most: 25 } },
        }
      }),
    )
  } finally {
    await workerd.stop()
  }
}
