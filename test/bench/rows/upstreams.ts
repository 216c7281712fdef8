/** What a second upstream costs a call that the first one answers: nothing, beside the noise of the machine. */
import { type Goal, type Row, rowOf } from '../row.ts'
import type { Running } from '../running.ts'
import { median } from '../statistics.ts'
import type { Upstream } from '../upstream.ts'
import { firstTokenRounds } from './first-token.ts'
import { steadyRounds } from './steady.ts'

/** Three percent are told apart only by more rounds than other rows need. */
const MORE_ROUNDS = 3

const EQUAL: Goal = { of: 'relay', most: 1.03 }

export async function benchUpstreams(running: Running[], upstream: Upstream, rounds: number): Promise<Row[]> {
  const steady = await steadyRounds(running, upstream, rounds * MORE_ROUNDS)
  const waits = await firstTokenRounds(running, upstream, rounds * MORE_ROUNDS)
  const row = { against: 'ratio', goals: { 'two upstreams': EQUAL } } as const
  return [
    rowOf({ ...row, name: 'a second upstream: CPU per token', unit: 'µs' }, steady, ({ cpu }) => cpu),
    rowOf({ ...row, name: 'a second upstream: first token, p50', unit: 'ms' }, waits, median),
  ]
}
