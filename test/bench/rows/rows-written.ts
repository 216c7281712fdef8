/**
 * The rows that a caller's object writes for a durable answer, as SQLite counts them: with indexes, alarms
 * and the deletion of the stream. A kept response is deleted after 30 days, which is one row more than is
 * counted here.
 */
import { setTimeout } from 'node:timers/promises'
import type { Script } from '../answer.ts'
import { bindingsFor, bundleCounted, newKey } from '../contestants.ts'
import { readAll, type Target } from '../read.ts'
import { responseQuestion } from '../responses-answer.ts'
import type { Row } from '../row.ts'
import { scripts } from '../running.ts'
import type { Upstream } from '../upstream.ts'
import { startWorkerd } from '../workerd.ts'

const ANSWERS = 2
const TOKENS = 500
/** About 90 and 50 tokens a second. */
const PACES_MS = [11, 20]
/** Streams expire during the measurement, because deleting them is a part of their price. */
const KEEP_MS = 1000

const FORMATS: { name: string; path: string; questionOf?: (script: Script) => string }[] = [
  { name: 'an answer', path: '/v1/streams' },
  { name: 'a kept response', path: '/v1/responses', questionOf: (script) => responseQuestion(script, true) },
]

export async function benchRowsWritten(upstream: Upstream): Promise<Row[]> {
  const written = new Map<string, number>()
  const workerd = await startWorkerd({
    bundle: await bundleCounted(),
    // One shard, so that the first answer makes all tables, and all rows are of one object.
    bindings: { ...bindingsFor(upstream.url), STREAM_KEEP_MS: String(KEEP_MS), KEY_SHARDS: '1' },
    configured: true,
    onLog(line) {
      if (!line.startsWith('{')) throw new Error(line)
      const { caller, rows_written = 0 } = JSON.parse(line) as { caller: string; rows_written?: number }
      written.set(caller, (written.get(caller) ?? 0) + rows_written)
    },
  })
  try {
    const cases = FORMATS.flatMap((format) => PACES_MS.map((every) => ({ ...format, every })))
    return await Promise.all(
      cases.map(async ({ name, path, questionOf, every }): Promise<Row> => {
        const key = newKey()
        const rows = () => written.get(`key:${key}`) ?? Number.NaN
        const target: Target = { url: workerd.url, path, keyOf: () => key, ...(questionOf && { questionOf }) }
        // The first answer makes the object's tables.
        await readAll(target, scripts(1, 1, every))
        await setTimeout(3 * KEEP_MS)
        const before = rows()
        await readAll(target, scripts(ANSWERS, TOKENS, every))
        await setTimeout(3 * KEEP_MS)
        return {
          name: `rows written for ${name} of ${TOKENS} tokens, ${Math.round(1000 / every)} tokens/s`,
          unit: 'rows',
          figures: { durable: (rows() - before) / ANSWERS },
          goals: { durable: { of: 'figure', most: 25 } },
        }
      }),
    )
  } finally {
    await workerd.stop()
  }
}
