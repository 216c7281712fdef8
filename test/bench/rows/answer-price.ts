/**
 * The CPU time of the whole process for an answer, whatever its length, and for each of its tokens: a line
 * through short and long answers. Also an answer of 100 events, as other gateways state theirs.
 */
import { setTimeout } from 'node:timers/promises'
import { readAll } from '../read.ts'
import { type Row, rowOf, takeTurns } from '../row.ts'
import { type Running, scripts, targetOf } from '../running.ts'
import type { Upstream } from '../upstream.ts'

const CALLERS = 20
const EVERY_MS = 5
const SHORT = { tokens: 2, batches: 10 }
/** 100 events: the role before the tokens, the finish reason and `[DONE]` after them. */
const HUNDRED = { tokens: 97, batches: 2 }
const LONG = { tokens: 400, batches: 1 }
/** Until the work after the answers, such as their accounting, has ended. */
const SETTLE_MS = 250

export async function benchAnswerPrice(
  running: Running[],
  upstream: Upstream,
  rounds: number,
): Promise<Row[]> {
  /** @returns milliseconds of CPU an answer */
  const priceOf = async (each: Running, { tokens, batches }: typeof SHORT) => {
    const before = each.server.cpu()
    for (let batch = 0; batch < batches; batch++) {
      await readAll(targetOf(each), scripts(CALLERS, tokens, EVERY_MS))
    }
    await setTimeout(SETTLE_MS)
    return (each.server.cpu() - before) / (CALLERS * batches)
  }
  // The first round compiles the code, and doesn't count.
  await takeTurns(running, 1, (each) => priceOf(each, HUNDRED))
  const results = await takeTurns(running, rounds, async (each) => {
    const short = await priceOf(each, SHORT)
    const hundred = await priceOf(each, HUNDRED)
    const long = await priceOf(each, LONG)
    await upstream.sent()
    const token = (long - short) / (LONG.tokens - SHORT.tokens)
    return { hundred, token, ends: short - token * SHORT.tokens }
  })
  return [
    rowOf(
      {
        name: 'CPU for the start and the end of an answer',
        unit: 'ms',
        against: 'ratio',
        goals: {
          relay: { of: 'figure', most: 1 },
          guarded: { of: 'figure', most: 2 },
          durable: { of: 'figure', most: 2 },
        },
      },
      results,
      ({ ends }) => ends,
    ),
    rowOf(
      { name: 'CPU for each token more', unit: 'µs', against: 'ratio' },
      results,
      ({ token }) => token * 1000,
    ),
    rowOf(
      { name: 'CPU for an answer of 100 events', unit: 'ms', against: 'ratio' },
      results,
      ({ hundred }) => hundred,
    ),
  ]
}
