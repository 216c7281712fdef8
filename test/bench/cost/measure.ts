/**
 * `npm run bench:cost`: measures what is billed of an answer, and writes scripts/cost/measured.json and the
 * tables of docs/COST.md. Takes some four minutes on a quiet machine.
 */
import { setTimeout } from 'node:timers/promises'
import { QUIET } from '../../../scripts/bundle.ts'
import { type Kind, LENGTHS, type Measured, type Work } from '../../../scripts/cost/measured.ts'
import { writeCostPage } from '../../../scripts/cost/page.ts'
import { BUDGETS, bindingsFor, bundleCounted, newKey } from '../contestants.ts'
import type { Counted } from '../counted.ts'
import { installPortkey, portkeyHeaders, startPortkey } from '../portkey.ts'
import { readAll, type Target } from '../read.ts'
import { machine, writeResults } from '../results.ts'
import { scripts } from '../running.ts'
import type { Server } from '../server.ts'
import { startUpstream, type Upstream } from '../upstream.ts'
import { startWorkerd } from '../workerd.ts'
import { javaScriptTime } from './profile.ts'

Object.assign(process.env, QUIET)

/** Today's models write 90 tokens a second. */
const EVERY_MS = 11
/** Asked in turns of this many at once, so that one answer's noise is shared by all. */
const AT_ONCE = 10
const ANSWERS: Readonly<Record<(typeof LENGTHS)[number], number>> = { 100: 40, 500: 20, 4000: 10 }
/** A stream expires during the measurement, because deleting it is a part of its price. */
const KEEP_MS = 1000
/** Until what an answer leaves to be done has been done. */
const SETTLE_MS = 3 * KEEP_MS
const SESSIONS = 100

const KINDS: readonly { kind: Kind; path: string; vars: Record<string, string> }[] = [
  { kind: 'relayed', path: '/v1/chat/completions', vars: {} },
  { kind: 'guarded', path: '/v1/chat/completions', vars: BUDGETS },
  { kind: 'durable', path: '/v1/streams', vars: { ...BUDGETS, KEY_SHARDS: '1' } },
]

interface Millrace {
  server: Server & { inspector: string }
  counts: { rows: number; objectRequests: number }
}

async function started(upstream: Upstream, vars: Record<string, string>): Promise<Millrace> {
  const counts = { rows: 0, objectRequests: 0 }
  const server = await startWorkerd({
    bundle: await bundleCounted(),
    bindings: { ...bindingsFor(upstream.url), STREAM_KEEP_MS: String(KEEP_MS), ...vars },
    configured: true,
    inspected: true,
    onLog(line) {
      if (!line.startsWith('{')) throw new Error(line)
      const { rows_written = 0, object_requests = 0 } = JSON.parse(line) as Counted
      counts.rows += rows_written
      counts.objectRequests += object_requests
    },
  })
  if (server.inspector === undefined) throw new Error('workerd has no inspector.')
  return { server: { ...server, inspector: server.inspector }, counts }
}

/**
 * Does the work twice, and shares what it took among `calls`. The profiler takes CPU time of its own, so the
 * process is measured without it.
 */
async function measured(
  { server, counts }: Millrace,
  calls: number,
  work: () => Promise<void>,
): Promise<Work> {
  const settled = async () => {
    await work()
    await setTimeout(SETTLE_MS)
  }
  const before = { ...counts, cpu: server.cpu() }
  await settled()
  const share = {
    processMs: (server.cpu() - before.cpu) / calls,
    objectRequests: (counts.objectRequests - before.objectRequests) / calls,
    rows: (counts.rows - before.rows) / calls,
  }
  const wake = () => fetch(`${server.url}/healthz`)
  return { jsMs: (await javaScriptTime(server.inspector, wake, settled)) / calls, ...share }
}

async function answers(target: Target, tokens: number, count: number): Promise<void> {
  for (let asked = 0; asked < count; asked += AT_ONCE) {
    await readAll(target, scripts(AT_ONCE, tokens, EVERY_MS))
  }
}

async function answersOf(upstream: Upstream): Promise<Measured['answers']> {
  const running: (Millrace & (typeof KINDS)[number])[] = []
  for (const each of KINDS) running.push({ ...each, ...(await started(upstream, each.vars)) })
  // Beside each other: they leave two cores idle most of the time.
  const all = running.map(async (millrace) => {
    const { kind, path } = millrace
    const own: Measured['answers'] = []
    const key = newKey()
    const target = { url: millrace.server.url, path, keyOf: () => key }
    // The first answers compile the code.
    await answers(target, 100, 50)
    await setTimeout(SETTLE_MS)
    for (const tokens of LENGTHS) {
      const count = ANSWERS[tokens]
      const work = await measured(millrace, count, () => answers(target, tokens, count))
      console.log(`${kind}, ${tokens} tokens: ${JSON.stringify(work)}`)
      own.push({ kind, tokens, work })
    }
    await millrace.server.stop()
    return own
  })
  return (await Promise.all(all)).flat()
}

async function sessionsOf(upstream: Upstream): Promise<Work> {
  const millrace = await started(upstream, { ...BUDGETS, SESSION_SECRET: 'a'.repeat(32), OPEN_ACCESS: '' })
  const { url } = millrace.server
  const open = async (visitor: number) => {
    // Each visitor has an address of its own, as the platform tells it.
    const headers = { origin: url, 'cf-connecting-ip': `10.0.${visitor >> 8}.${visitor & 255}` }
    const opened = await fetch(`${url}/v1/sessions`, { method: 'POST', headers })
    if (opened.status !== 201) throw new Error(`A session was refused: ${await opened.text()}`)
    const { token } = (await opened.json()) as { token: string }
    const warmed = await fetch(`${url}/v1/streams`, {
      headers: { origin: url, authorization: `Bearer ${token}` },
    })
    if (!warmed.ok) throw new Error(`A visitor's object was not made: ${await warmed.text()}`)
  }
  let visitor = 0
  await open(visitor++)
  const work = await measured(millrace, SESSIONS, async () => {
    for (const last = visitor + SESSIONS; visitor < last; visitor++) await open(visitor)
  })
  await millrace.server.stop()
  return work
}

async function portkeyOf(upstream: Upstream): Promise<Measured['portkey']> {
  await installPortkey()
  const server = await startPortkey()
  const target = { url: server.url, path: '/v1/chat/completions', headers: portkeyHeaders(upstream.url) }
  await answers(target, 100, 50)
  const all: Measured['portkey'] = []
  for (const tokens of LENGTHS) {
    const before = server.cpu()
    await answers(target, tokens, ANSWERS[tokens])
    all.push({ tokens, processMs: (server.cpu() - before) / ANSWERS[tokens] })
  }
  await server.stop()
  return all
}

const upstream = await startUpstream()
try {
  const session = await sessionsOf(upstream)
  const results = { answers: await answersOf(upstream), portkey: await portkeyOf(upstream), session }
  const { date, cores, cpu, node, workerd } = machine()
  writeResults('scripts/cost/measured.json', { machine: { date, cores, cpu, node, workerd }, ...results })
  writeCostPage()
} finally {
  upstream.stop()
}
