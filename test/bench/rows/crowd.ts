/** 1,000 answers open at once, in a process that has just begun: each complete and in order (read.ts sees to it), and what it takes. */
import { setTimeout } from 'node:timers/promises'
import { now } from '../clock.ts'
import type { Contestant } from '../contestants.ts'
import { readAll } from '../read.ts'
import { type Rounds, type Row, rowOf, takeTurns } from '../row.ts'
import { scripts } from '../running.ts'
import { median, percentile } from '../statistics.ts'
import type { Upstream } from '../upstream.ts'

const STREAMS = 1000
/** 5,000 tokens a second in all: so much that two cores still have room for upstream and reader. */
const EVERY_MS = 200
const SAMPLES = 10
const SAMPLE_MS = 100

interface Result {
  memory: number
  crossing: number[]
}

/** @param rounds of bare and Millrace; the others show in one what there is to see */
export async function benchCrowd(
  contestants: Contestant[],
  upstream: Upstream,
  { rounds, tokens }: { rounds: number; tokens: number },
): Promise<Row[]> {
  const measure = async ({ share, path, start }: Contestant): Promise<Result> => {
    const streams = STREAMS * share
    const workerd = await start()
    const target = { url: workerd.url, path }
    try {
      await readAll(target, scripts(20, 20, 5))
      await upstream.sent()
      const before = workerd.memory()
      const samples: number[] = []
      let allOpen = 0
      const readings = await readAll(target, scripts(streams, tokens, EVERY_MS), async () => {
        allOpen = now()
        for (let i = 0; i < SAMPLES; i++) {
          samples.push(workerd.memory())
          await setTimeout(SAMPLE_MS)
        }
      })
      if (readings.some(({ ended }) => ended < allOpen)) throw new Error('They were not all open at once.')
      const sent = await upstream.sent()
      // While they were being opened is another question.
      const crossing = readings.flatMap(({ stream, arrivals }) => {
        const times = sent.get(stream) ?? []
        return arrivals.flatMap((at, i) => ((times[i] ?? 0) >= allOpen ? at - (times[i] ?? 0) : []))
      })
      return { memory: (median(samples) - before) / streams, crossing }
    } finally {
      await workerd.stop()
    }
  }
  const two = contestants.filter(({ name }) => name === 'bare' || name === 'Millrace')
  const others = contestants.filter((each) => !two.includes(each))
  const results: Rounds<Result> = new Map([
    ...(await takeTurns(two, rounds, measure)),
    ...(await takeTurns(others, 1, measure)),
  ])
  const fewer = contestants
    .filter(({ share }) => share < 1)
    .map(({ name, share }) => `${name} with ${STREAMS * share}`)
  const crowd = `${STREAMS.toLocaleString('en')} open`
  const note = `${others.map(({ name }) => name).join(', ')}: one round; ${fewer.join(', ')}`
  return [
    rowOf(
      {
        name: `${crowd}: crossing, p50`,
        unit: 'ms',
        against: 'ratio',
        goals: { Millrace: { of: 'ratio', most: 2 } },
        note,
      },
      results,
      ({ crossing }) => median(crossing),
    ),
    rowOf({ name: `${crowd}: crossing, p99`, unit: 'ms', against: 'ratio', note }, results, ({ crossing }) =>
      percentile(crossing, 0.99),
    ),
    rowOf(
      {
        name: `${crowd}: memory a stream`,
        unit: 'KB',
        against: 'ratio',
        goals: { Millrace: { of: 'ratio', most: 2 } },
        note,
      },
      results,
      ({ memory }) => memory / 1024,
    ),
  ]
}
