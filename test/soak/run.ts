/**
 * The soak: all kinds of calls at a low, steady rate for half an hour. Each answer is checked to its last
 * character, and memory must stay flat.
 *
 *     npm run soak -- --minutes 30 --rate 60
 *
 * `--rate`: calls a minute, of each of four processes of workerd:
 *
 * - `open`: Millrace without limits, whose relayed answers are piped natively.
 * - `guarded`: Millrace with keys, budgets, moderation and visitors, each of them with objects of its own.
 * - `bare`: a Worker of three lines that returns `fetch(upstream)`. It shows what workerd itself takes of
 *   `open`.
 * - `same calls`: a Worker that calls objects and the moderation as `guarded` does, and does nothing with
 *   what they say. It shows what workerd itself takes of `guarded`.
 *
 * None has the rate limit: Miniflare's stand-in for it would be measured too (test/bench/workerd.ts).
 *
 * Streams are kept for a minute, so that their number is level from the second minute on. "Flat" is said of
 * two figures, from the fifth minute on (of a shorter run, from its middle on), by a line through all
 * minutes:
 *
 * - The heap after a forced garbage collection grows by at most 1 MB a minute. Whatever the Worker or an
 *   object still refers to is in it, so a leak shows here first.
 * - The process's memory (RSS) grows by at most 1 MB a minute more than that of the Worker beside it. It also
 *   has what the heap has not: SQLite, sockets, and the allocators' pages.
 *
 * The process's memory alone says nothing: workerd's grows for tens of thousands of calls with any Worker,
 * since V8 collects late and the allocators keep pages.
 *
 * Exits with 1 if an answer was not whole, or if memory grew. `--only durable,visitor`: these kinds of calls
 * alone. `--gap 0`: answers come at once, for many calls in a short time. Needs Linux.
 */
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { bundleWorker, ROOT } from '../../scripts/bundle.ts'
import { bundleReference } from '../bench/contestants.ts'
import { startWorkerd } from '../bench/workerd.ts'
import { keys, type Sent, VISITORS } from '../support/gate.ts'
import { inspect } from '../support/inspector.ts'
import { startAnswers } from './answers.ts'
import { GUARDED, type Kind, OPEN, sameCallsAs } from './calls.ts'
import { slopeOf } from './slope.ts'

const MOST_MB_A_MINUTE = 1
/** Until the heaps have reached their size. */
const WARM_MINUTES = 5
/** Short, so that the alarm that removes expired streams is tested too. */
const KEPT_MS = 60_000

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    rate: { type: 'string', default: '60' },
    gap: { type: 'string', default: '60' },
    only: { type: 'string' },
  },
})
const minutes = readNumber('minutes', values.minutes, 1)
const rate = readNumber('rate', values.rate, 1)
const only = values.only?.split(',')

const { ACCESS_KEYS, callers } = keys(20)
const gap = readNumber('gap', values.gap, 0)
const answers = {
  open: await startAnswers(gap),
  guarded: await startAnswers(gap),
  same: await startAnswers(gap),
}
const vars = ({ url }: { url: string }) => ({
  OPENAI_API_KEY: 'sk-soak',
  OPENAI_BASE_URL: url,
  MODELS: 'gpt-test',
  STREAM_KEEP_MS: String(KEPT_MS),
})
const faults: string[] = []
const counts = { asked: 0, whole: 0, running: 0 }

const millrace = await bundleWorker('dist/soak/millrace')
const bare = `${ROOT}dist/soak/bare`
await bundleReference(`${ROOT}test/bench/workers/bare.ts`, bare)
const same = `${ROOT}dist/soak/same`
await bundleReference(`${ROOT}test/soak/workers/same-calls.ts`, same)
const open = await start('open', millrace, { ...vars(answers.open), OPEN_ACCESS: 'true' }, OPEN)
const bareOpen = await start('bare', bare, { UPSTREAM: answers.open.url }, { relayed: OPEN.relayed })
const guarded = await start(
  'guarded',
  millrace,
  {
    ...vars(answers.guarded),
    ...VISITORS,
    ACCESS_KEYS,
    KEY_DAILY_TOKENS: '999999999',
    TOTAL_DAILY_TOKENS: '999999999',
    MODERATION: 'both',
    // More than the longest answer has by the tokenizer's count: 23,000.
    MAX_OUTPUT_TOKENS: '30000',
  },
  GUARDED,
  callers,
)
const sameCalls = await start('same calls', same, vars(answers.same), sameCallsAs(answers.guarded))
const processes = [open, bareOpen, guarded, sameCalls]
const started = Date.now()
await report()
for (let minute = 1; minute <= minutes; minute++) {
  for (let end = started + minute * 60_000; Date.now() < end; await setTimeout(60_000 / rate)) {
    for (const { ask } of processes) ask(counts.asked)
    counts.asked++
  }
  await report()
}
while (counts.running > 0) await setTimeout(100)

for (const fault of faults.slice(0, 20)) console.error(fault)
console.log(`${counts.whole} answers whole, ${faults.length} faults`)
const from = Math.min(WARM_MINUTES, Math.floor(minutes / 2))
const growth = (figures: readonly number[]) => slopeOf(figures.slice(from))
let flat = true
for (const [each, reference] of [
  [open, bareOpen],
  [guarded, sameCalls],
] as const) {
  const beyond = growth(each.memories) - growth(reference.memories)
  for (const [what, slope] of [
    ['heap after garbage collection', growth(each.heaps)],
    [`memory of the process beyond that of “${reference.name}”`, beyond],
  ] as const) {
    const ok = slope <= MOST_MB_A_MINUTE
    flat &&= ok
    console.log(
      `${ok ? 'flat' : 'GROWS'}: ${each.name}, ${what}, from minute ${from} on: ${signed(slope)} MB a minute`,
    )
  }
}
const each = processes.map(({ name, memories }) => `${name} ${signed(growth(memories))}`)
console.log(`memory of the process: ${each.join(', ')} MB a minute`)
for (const { stop } of processes) await stop()
for (const { stop } of Object.values(answers)) stop()
process.exitCode = flat && faults.length === 0 ? 0 : 1

/** @param callers the headers of each; they take turns */
async function start(
  name: string,
  bundle: string,
  bindings: Record<string, string>,
  kinds: Record<string, Kind>,
  callers: readonly Sent[] = [{}],
) {
  const server = await startWorkerd({
    bundle,
    bindings,
    configured: bundle !== bare,
    inspected: true,
    rateLimited: false,
    onLog(line) {
      if (!line.startsWith('{')) faults.push(`${name} says: ${line}`)
    },
  })
  const inspector = await inspect(server.inspector ?? '', () => fetch(`${server.url}/healthz`))
  const chosen = Object.entries(kinds).filter(
    ([kind]) => only === undefined || bundle === bare || only.includes(kind),
  )
  const heaps: number[] = []
  const memories: number[] = []
  return {
    name,
    heaps,
    memories,
    ask(call: number) {
      const [kind, work] = chosen[call % chosen.length] ?? []
      if (work === undefined) return
      counts.running++
      const headers = callers[Math.floor(call / chosen.length) % callers.length] ?? {}
      work({ url: server.url, call, headers })
        .then(() => counts.whole++)
        .catch((error) => faults.push(`${name}, ${kind} ${call}: ${error}`))
        .finally(() => counts.running--)
    },
    async look() {
      heaps.push((await inspector.heap()) / 2 ** 20)
      memories.push(server.memory() / 2 ** 20)
    },
    async stop() {
      inspector.close()
      await server.stop()
    },
  }
}

/** Measures and prints. */
async function report(): Promise<void> {
  for (const { look } of processes) await look()
  const minute = ((Date.now() - started) / 60_000).toFixed(0).padStart(3)
  const each = processes.map(
    ({ name, heaps, memories }) =>
      `${name} heap ${heaps.at(-1)?.toFixed(1)} MB, process ${memories.at(-1)?.toFixed(0)} MB`,
  )
  const { asked, running, whole } = counts
  console.log(
    `${minute} min: ${each.join(' · ')} · ${asked} asked of each, ${running} running, ${whole} whole, ${faults.length} faults`,
  )
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`
}

function readNumber(name: string, text: string, least: number): number {
  const value = Number(text)
  if (!(value >= least)) throw new TypeError(`--${name} takes a number of ${least} or more.`)
  return value
}
