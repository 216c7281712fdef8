/**
 * `npm run bench`: Millrace against the bare limit and the usual ways, in one run on one machine. Without the network, in
 * five minutes on two cores; `-- --quick` in two, for a look. It fails where an answer is not whole and in order.
 */
import { QUIET } from '../../scripts/bundle.ts'
import { assemble } from './contestants.ts'
import { machine, writeResults } from './results.ts'
import type { Row } from './row.ts'
import { benchCrowd } from './rows/crowd.ts'
import { benchFirstQuestion } from './rows/first-question.ts'
import { benchFirstToken } from './rows/first-token.ts'
import { benchReplay } from './rows/replay.ts'
import { benchRowsWritten } from './rows/rows-written.ts'
import { benchSaturation } from './rows/saturation.ts'
import { benchSizes } from './rows/sizes.ts'
import { benchStartUp } from './rows/start-up.ts'
import { benchSteady } from './rows/steady.ts'
import type { Running } from './running.ts'
import { tableOf } from './table.ts'
import { benchTokens, type TokenRow, table as tableOfTokens } from './tokens.ts'
import { startUpstream } from './upstream.ts'

Object.assign(process.env, QUIET)

const quick = process.argv.includes('--quick')
const ROUNDS = quick ? 3 : 5
const CROWD = quick ? { rounds: 1, tokens: 20 } : { rounds: 5, tokens: 20 }
const RESULTS = 'test/bench/results.json'

if (process.platform !== 'linux') throw new Error('The bench reads /proc, which only Linux has.')

const rows: Row[] = []
const upstream = await startUpstream()
try {
  const contestants = await timed('build', () => assemble(upstream))
  const two = contestants.filter(({ name }) => name === 'bare' || name === 'Millrace')
  // An object has bounds for what one caller may have running, and for how far a reader may fall behind.
  const relays = contestants.filter(({ name }) => name !== 'durable' && name !== 'guarded')

  const running: Running[] = []
  try {
    for (const { start, ...rest } of contestants) running.push({ ...rest, workerd: await start() })
    // What stands before a call costs nothing a token.
    const flowing = running.filter(({ name }) => name !== 'guarded')
    rows.push(...(await timed('tokens at the pace of a model', () => benchSteady(flowing, upstream, ROUNDS))))
    rows.push(...(await timed('first tokens', () => benchFirstToken(running, upstream, ROUNDS))))
    const own = running.filter(({ name }) => name === 'bare' || name === 'Millrace' || name === 'durable')
    rows.push(...(await timed('first questions', () => benchFirstQuestion(own, upstream, ROUNDS))))
    rows.push(...(await timed('replay', () => benchReplay(running, ROUNDS))))
    const fast = running.filter(({ name }) => relays.some((each) => each.name === name))
    rows.push(...(await timed('tokens as fast as they go', () => benchSaturation(fast, ROUNDS))))
  } finally {
    for (const { workerd } of running) await workerd.stop()
  }
  rows.push(...(await timed('rows written', () => benchRowsWritten(upstream))))
  rows.push(...(await timed('1,000 streams at once', () => benchCrowd(relays, upstream, CROWD))))
  rows.push(...(await timed('start', () => benchStartUp(two, quick ? 3 : 5))))
} finally {
  upstream.stop()
}
rows.push(...(await timed('sizes', benchSizes)))
// The slowest part, and the one that changes least.
const tokens: TokenRow[] = quick ? [] : await timed('token counter', benchTokens)

const { cores, cpu, node, workerd } = machine()
console.log(`\n${cores} cores of ${cpu}, Node ${node}, workerd ${workerd}\n`)
console.log(tableOf(rows))
if (tokens.length > 0) console.log(`\n${tableOfTokens(tokens)}`)
// What a quick look sees is not kept.
if (!quick) writeResults(RESULTS, rows, tokens)

async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now()
  const result = await work()
  console.error(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${name}`)
  return result
}
