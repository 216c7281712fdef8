/** 1,000 answers open at once: each is complete and in order (read.ts checks it), and their cost. */
import type { Contestant } from '../contestants.ts'
import { pooledRowOf, type Rounds, type Row, rowOf, takeTurns } from '../row.ts'
import { inNewProcess, targetOf } from '../running.ts'
import { median } from '../statistics.ts'
import type { Upstream } from '../upstream.ts'
import { type OpenAtOnce, openAtOnce } from './open-at-once.ts'

const STREAMS = 1000
/** 5,000 tokens a second in all, which leaves room on two cores for upstream and reader. */
const EVERY_MS = 200

/** @param rounds of bare, relay and guarded; of the others one */
export async function benchCrowd(
  contestants: Contestant[],
  upstream: Upstream,
  { rounds, tokens }: { rounds: number; tokens: number },
): Promise<Row[]> {
  const measure = (contestant: Contestant): Promise<OpenAtOnce> =>
    inNewProcess(contestant, (each) =>
      openAtOnce(each.server, targetOf(each), upstream, {
        streams: STREAMS * each.share,
        tokens,
        every: EVERY_MS,
      }),
    )
  const full = contestants.filter(({ share }) => share === 1)
  const others = contestants.filter(({ share }) => share < 1)
  const results: Rounds<OpenAtOnce> = new Map([
    ...(await takeTurns(full, rounds, measure)),
    ...(await takeTurns(others, 1, measure)),
  ])
  const fewer = others.map(({ name, share }) => `${name} ${STREAMS * share}`)
  const note = fewer.length > 0 ? { note: `with fewer streams, in one round: ${fewer.join(', ')}` } : {}
  const crowd = `${STREAMS.toLocaleString('en')} open`
  return [
    rowOf(
      { name: `${crowd}: crossing, p50`, unit: 'ms', against: 'ratio', ...note },
      results,
      ({ crossing }) => median(crossing),
    ),
    pooledRowOf(
      {
        name: `${crowd}: crossing, p99`,
        unit: 'ms',
        against: 'ratio',
        goals: { relay: { of: 'ratio', most: 6 } },
        ...note,
      },
      results,
      ({ crossing }) => crossing,
      0.99,
    ),
    rowOf(
      {
        name: `${crowd}: memory a stream`,
        unit: 'KB',
        against: 'ratio',
        goals: { relay: { of: 'ratio', most: 2.3 } },
        ...note,
      },
      results,
      ({ memory }) => memory / 1024,
    ),
  ]
}
