/**
 * `npm run bench`: Millrace against the bare limit and the usual ways, in one run on one machine. The
 * network is used once, for Portkey's package. It fails if an answer is not whole and in order. At its end
 * it prints for each goal whether it is met, and writes results.json and the tables of docs/PERFORMANCE.md.
 *
 * For development it can run in part, and then keeps no results:
 *
 * @example npm run bench -- --only=steady,first-token --contestants=bare,guarded --quick
 * @example npm run bench -- --only=steady --rounds=1
 */
import { parseArgs } from 'node:util'
import { QUIET } from '../../scripts/bundle.ts'
import { assemble, type Contestant, NAMES, type Name, USUAL } from './contestants.ts'
import { writePage } from './page.ts'
import { machine, writeResults } from './results.ts'
import type { Row } from './row.ts'
import { benchAnswerPrice } from './rows/answer-price.ts'
import { benchCrowd } from './rows/crowd.ts'
import { benchFirstQuestion } from './rows/first-question.ts'
import { benchFirstToken } from './rows/first-token.ts'
import { benchInstant } from './rows/instant.ts'
import { benchLargeBodies } from './rows/large-bodies.ts'
import { benchOneKey } from './rows/one-key.ts'
import { benchReplay } from './rows/replay.ts'
import { benchResponses } from './rows/responses.ts'
import { benchRowsWritten } from './rows/rows-written.ts'
import { benchSaturation } from './rows/saturation.ts'
import { benchSizes } from './rows/sizes.ts'
import { benchStartUp } from './rows/start-up.ts'
import { benchSteady } from './rows/steady.ts'
import { benchUpstreams } from './rows/upstreams.ts'
import type { Running } from './running.ts'
import { goalsOf, tableOf } from './table.ts'
import { benchTokens, type TokenRow, table as tableOfTokens } from './tokens.ts'
import { startUpstream } from './upstream.ts'

Object.assign(process.env, QUIET)

/** One part of the bench: some rows that are measured together. */
interface Part<C> {
  title: string
  /** The contestants that it can be run with. */
  contestants: readonly Name[]
  measure(contestants: C[]): Promise<Row[]>
}

const RESULTS = 'test/bench/results.json'

if (process.platform !== 'linux') throw new Error('The bench reads /proc, which only Linux has.')

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    contestants: { type: 'string' },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
})
const { quick } = options
const rounds = Number(options.rounds ?? (quick ? 3 : 5))
if (!Number.isInteger(rounds) || rounds < 1) throw new RangeError('--rounds takes a whole number from 1.')
const crowd = { rounds: quick ? 1 : rounds, tokens: 20 }

/** All contestants run at the same time, and take turns. */
const BESIDE_EACH_OTHER = {
  steady: {
    title: 'tokens at the pace of a model',
    contestants: USUAL,
    measure: (running) => benchSteady(running, upstream, rounds),
  },
  responses: {
    title: 'tokens of the Responses API',
    contestants: ['bare', 'relay', 'durable'],
    measure: (running) => benchResponses(running, upstream, rounds),
  },
  upstreams: {
    title: 'a second upstream',
    contestants: ['relay', 'two upstreams'],
    measure: (running) => benchUpstreams(running, upstream, rounds),
  },
  'answer-price': {
    title: 'the price of an answer',
    contestants: ['bare', 'relay', 'guarded', 'durable', 'tutorial', 'Portkey'],
    measure: (running) => benchAnswerPrice(running, upstream, Math.min(rounds, 3)),
  },
  'first-token': {
    title: 'first tokens',
    contestants: USUAL,
    measure: (running) => benchFirstToken(running, upstream, rounds),
  },
  instant: {
    title: 'callers in one instant',
    contestants: USUAL,
    measure: (running) => benchInstant(running, upstream, rounds),
  },
  'first-question': {
    title: 'first questions',
    contestants: ['bare', 'relay', 'durable'],
    measure: (running) => benchFirstQuestion(running, upstream, rounds),
  },
  replay: {
    title: 'replay',
    contestants: ['durable'],
    measure: (running) => benchReplay(running, rounds),
  },
  saturation: {
    title: 'tokens as fast as they go',
    // A durable stream ends if its reader falls too far behind.
    contestants: USUAL.filter((name) => name !== 'durable'),
    measure: (running) => benchSaturation(running, rounds),
  },
} satisfies Record<string, Part<Running>>

/** The part starts each contestant itself, alone on the machine. */
const ALONE = {
  'rows-written': {
    title: 'rows written',
    contestants: ['durable'],
    measure: () => benchRowsWritten(upstream),
  },
  'one-key': {
    title: '200 durable streams of one key',
    contestants: ['bare', 'durable'],
    measure: (contestants) => benchOneKey(contestants, upstream, Math.min(rounds, 3)),
  },
  crowd: {
    title: '1,000 streams at once',
    // One caller may have some 250 running durable streams.
    contestants: USUAL.filter((name) => name !== 'durable'),
    measure: (contestants) => benchCrowd(contestants, upstream, crowd),
  },
  'large-bodies': {
    title: 'large bodies at once',
    contestants: ['bare', 'relay'],
    measure: (contestants) => benchLargeBodies(contestants, Math.min(rounds, 3)),
  },
  'start-up': {
    title: 'start',
    contestants: ['bare', 'relay'],
    measure: (contestants) => benchStartUp(contestants, rounds),
  },
  sizes: { title: 'sizes', contestants: ['relay'], measure: benchSizes },
} satisfies Record<string, Part<Contestant>>

/** The slowest part, and the one that changes least. */
const TOKENS = 'tokens'

const parts = chosen('only', options.only, [...Object.keys(BESIDE_EACH_OTHER), ...Object.keys(ALONE), TOKENS])
const names = chosen('contestants', options.contestants, NAMES)
/** Results of a quick or partial run are printed, and not kept. */
const kept = !quick && options.only === undefined && options.contestants === undefined

const rows: Row[] = []
const upstream = await startUpstream()
try {
  const beside = chosenOf<Running>(BESIDE_EACH_OTHER)
  const alone = chosenOf<Contestant>(ALONE)
  const needed = NAMES.filter((name) =>
    [...beside, ...alone].some(({ contestants }) => contestants.includes(name)),
  )
  const contestants = await timed('build', () => assemble(upstream, needed))
  const running: Running[] = []
  try {
    const started = contestants.filter(({ name }) => beside.some((part) => part.contestants.includes(name)))
    for (const { start, ...rest } of started) running.push({ ...rest, server: await start() })
    for (const part of beside) await run(part, running)
  } finally {
    for (const { server } of running) await server.stop()
  }
  for (const part of alone) await run(part, contestants)
} finally {
  upstream.stop()
}
const tokens: TokenRow[] =
  parts.includes(TOKENS) && (!quick || options.only !== undefined)
    ? await timed('token counter', benchTokens)
    : []

const { cores, cpu, node, workerd } = machine()
console.log(`\n${cores} cores of ${cpu}, Node ${node}, workerd ${workerd}\n`)
console.log(tableOf(rows))
if (tokens.length > 0) console.log(`\n${tableOfTokens(tokens)}`)
console.log(`\n${goalsOf(rows)}`)
// Results with a part missing aren't kept: what was measured is printed above.
if (kept && process.exitCode !== 1) writePage(writeResults(RESULTS, { machine: machine(), rows, tokens }))

/** @throws {RangeError} for an unknown name, with a list of the known ones */
function chosen<N extends string>(
  option: string,
  asked: string | undefined,
  all: readonly N[],
): readonly N[] {
  if (asked === undefined) return all
  return asked.split(',').map((each) => {
    const name = all.find((name) => name.toLowerCase() === each.trim().toLowerCase())
    if (name === undefined) throw new RangeError(`--${option} knows ${all.join(', ')}; not “${each}”.`)
    return name
  })
}

/** The parts that were asked for, with the contestants that were asked for. */
function chosenOf<C>(all: Record<string, Part<C>>): Part<C>[] {
  return Object.entries(all)
    .filter(([name]) => parts.includes(name))
    .map(([, part]) => ({ ...part, contestants: part.contestants.filter((name) => names.includes(name)) }))
    .filter(({ contestants }) => contestants.length > 0)
}

async function run<C extends { name: Name }>(part: Part<C>, all: readonly C[]): Promise<void> {
  const contestants = all.filter(({ name }) => part.contestants.includes(name))
  try {
    rows.push(...(await timed(part.title, () => part.measure(contestants))))
  } catch (error) {
    console.error(`FAILED: ${part.title}`, error)
    process.exitCode = 1
  }
}

async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now()
  const result = await work()
  console.error(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${name}`)
  return result
}
