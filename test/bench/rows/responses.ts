/** The same answers by the Responses API, relayed and kept in the background, beside the same bytes bare. */
import { responseQuestion } from '../responses-answer.ts'
import { type Row, rowOf } from '../row.ts'
import { type Running, targetOf } from '../running.ts'
import { median } from '../statistics.ts'
import type { Upstream } from '../upstream.ts'
import { steadyRounds } from './steady.ts'

export async function benchResponses(running: Running[], upstream: Upstream, rounds: number): Promise<Row[]> {
  const results = await steadyRounds(running, upstream, rounds, (each) => ({
    ...targetOf(each),
    path: '/v1/responses',
    questionOf: (script) => responseQuestion(script, each.name === 'durable'),
  }))
  return [
    rowOf(
      {
        name: 'CPU per token of a response',
        unit: 'µs',
        against: 'ratio',
        goals: { relay: { of: 'ratio', most: 1.4 }, durable: { of: 'ratio', most: 3 } },
      },
      results,
      ({ cpu }) => cpu,
    ),
    rowOf({ name: 'crossing of a response, p50', unit: 'ms', against: 'ratio' }, results, ({ crossing }) =>
      median(crossing),
    ),
  ]
}
