/** What keeping costs: the rows that a caller's object writes, as SQLite counts them in the object itself, indexes and deletions too. */
import { setTimeout } from 'node:timers/promises'
import { bindingsFor, bundleCounted, newKey } from '../contestants.ts'
import { readAll } from '../read.ts'
import type { Row } from '../row.ts'
import { scripts } from '../running.ts'
import type { Upstream } from '../upstream.ts'
import { startWorkerd } from '../workerd.ts'

/** 1,000 tokens at each pace. */
const ANSWERS = 5
const TOKENS = 200
const PACES_MS = [5, 20]
/** They are forgotten while we look. */
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
          name: `rows written per 1,000 tokens, ${1000 / every} tokens/s`,
          unit: `rows, in answers of ${TOKENS}`,
          figures: { durable: written.get(`key:${key}`) ?? Number.NaN },
        }
      }),
    )
  } finally {
    await workerd.stop()
  }
}
