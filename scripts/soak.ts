/**
 * A soak test of durable streams. For half an hour streams are opened at a low, steady rate. Their readers
 * lose the connection at random and reconnect, and each must get the whole answer, byte for byte. Memory is
 * printed each minute.
 *
 *     node scripts/soak.ts --minutes 30 --rate 60
 *
 * `--rate`: streams opened a minute. Exits with 1 if any answer was incomplete, or if workerd's memory grew
 * by more than `MAX_GROWTH_MB` after the first five minutes. Not in `npm test`. Needs `npm ci`; on Linux or
 * macOS, for `ps`.
 */
import { execFileSync } from 'node:child_process'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { answerEvents } from '../test/support/sse.ts'
import { bundleWorker } from './bundle.ts'
import { startLocal } from './local.ts'

/**
 * Room for caches, uncollected garbage and the journal's pages. A leak of one stream each second is more.
 */
const MAX_GROWTH_MB = 96
/**
 * Until the heaps have reached their size; after that, memory must stay level. A shorter run is measured
 * from its start.
 */
const WARM_MINUTES = 5

/** Short, so that the alarm that removes expired streams is tested too. */
const KEPT_MS = 60_000

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, rate: { type: 'string', default: '60' } },
})
const minutes = readPositive('minutes', values.minutes)
const rate = readPositive('rate', values.rate)

const counts = { opened: 0, whole: 0, resumed: 0 }
const faults: string[] = []
const running = new Set<Promise<void>>()

const upstream = createServer(async (request, response) => {
  const { user } = JSON.parse(Buffer.concat(await request.toArray()).toString())
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  talk(response, answerOf(Number(user)))
})
await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
const worker = await startLocal({
  port: 0,
  bundle: await bundleWorker('dist/soak'),
  vars: {
    OPEN_ACCESS: 'true',
    OPENAI_API_KEY: 'sk-soak',
    OPENAI_BASE_URL: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`,
    STREAM_KEEP_MS: String(KEPT_MS),
  },
  onLog: (line) => {
    if (!line.startsWith('{')) faults.push(`The Worker says: ${line}`)
  },
})

const started = Date.now()
let warm = report()
for (let minute = 1; minute <= minutes; minute++) {
  while (Date.now() - started < minute * 60_000) {
    const one: Promise<void> = follow(counts.opened++).finally(() => running.delete(one))
    running.add(one)
    await setTimeout(60_000 / rate)
  }
  const memory = report()
  if (minute === WARM_MINUTES) warm = memory
}
await Promise.all(running)
const growth = report() - warm
await worker.stop()
upstream.close()
upstream.closeAllConnections()

for (const fault of faults.slice(0, 20)) console.error(fault)
const leaks = growth > MAX_GROWTH_MB
console.log(`${counts.whole} of ${counts.opened} streams whole, over ${counts.resumed} resumed connections`)
console.log(`memory since minute ${WARM_MINUTES}: ${growth.toFixed(0)} MB more, ${MAX_GROWTH_MB} allowed`)
process.exitCode = faults.length > 0 || counts.whole < counts.opened || leaks ? 1 : 0

/** A different answer for each stream, known by the stream's number. */
function answerOf(stream: number): string[] {
  const tokens = 50 + ((stream * 37) % 350)
  return answerEvents(Array.from({ length: tokens }, (_, token) => `${stream}:${token} ü\n`))
}

/** Sends one event after another, 20 to 100 ms apart. */
function talk(response: ServerResponse, events: string[]): void {
  const gap = 20 + Math.random() * 80
  const timer = setInterval(() => {
    const next = events.shift()
    if (next === undefined) {
      clearInterval(timer)
      response.end()
    } else response.write(next)
  }, gap)
  response.once('close', () => clearInterval(timer))
}

/** Opens a stream and reads it over several connections, with longer absences now and then. */
async function follow(stream: number): Promise<void> {
  try {
    const body = JSON.stringify({
      model: 'soak',
      messages: [{ role: 'user', content: 'Hello?' }],
      user: `${stream}`,
    })
    const headers = { 'content-type': 'application/json' }
    let { id, text, ended } = await read('/v1/streams', { method: 'POST', body, headers })
    while (!ended) {
      await setTimeout(Math.random() < 0.2 ? Math.random() * 5000 : 50)
      counts.resumed++
      const last = /.*id: (\d+)\n/s.exec(text)?.[1] ?? '0'
      const rest = await read(`/v1/streams/${id}`, { headers: { 'last-event-id': last } })
      text += rest.text
      ended = rest.ended
    }
    check(stream, text)
  } catch (error) {
    faults.push(`Stream ${stream}: ${error}`)
  }
}

/** Reads to the end, or for a while. @returns the whole events that came */
async function read(path: string, init: RequestInit) {
  const caller = new AbortController()
  const patience = Math.random() < 0.3 ? Number.POSITIVE_INFINITY : Math.random() * 6000
  const response = await fetch(`${worker.url}${path}`, { ...init, signal: caller.signal })
  if (!response.ok || response.body === null) throw new Error(`${response.status} ${await response.text()}`)
  const decoder = new TextDecoder()
  const until = Date.now() + patience
  let text = ''
  let ended = true
  for await (const bytes of response.body) {
    text += decoder.decode(bytes, { stream: true })
    if (Date.now() < until || text.includes('data: [DONE]')) continue
    ended = false
    break
  }
  caller.abort()
  return { id: response.headers.get('stream-id'), text: text.slice(0, text.lastIndexOf('\n\n') + 2), ended }
}

function check(stream: number, text: string): void {
  const events = text.split('\n\n').filter((block) => block !== '' && !block.startsWith(':'))
  const expected = answerOf(stream)
    .slice(0, -1)
    .map((event, index) => `id: ${index + 1}\n${event.trimEnd()}`)
  const [last = '', done] = events.splice(-2)
  const whole =
    events.join() === expected.join() && last.includes('"state":"done"') && done?.endsWith('data: [DONE]')
  if (whole) counts.whole++
  else
    faults.push(`Stream ${stream} is not whole: ${events.length} of ${expected.length}, …${text.slice(-300)}`)
}

/** Prints the state of the run. @returns workerd's memory in megabytes */
function report(): number {
  const memory = memoryOfWorkerd()
  const minute = ((Date.now() - started) / 60_000).toFixed(1).padStart(5)
  const { opened, whole, resumed } = counts
  console.log(
    `${minute} min: ${memory.toFixed(0)} MB, ${opened} opened, ${running.size} running, ${whole} whole, ${resumed} resumed, ${faults.length} faults`,
  )
  return memory
}

/** Memory of the workerd that this process has started, in megabytes. */
function memoryOfWorkerd(): number {
  const lines = execFileSync('ps', ['-A', '-o', 'ppid=,rss=,comm=']).toString().split('\n')
  const [, kilobytes] =
    lines
      .map((line) => line.trim().split(/\s+/))
      .find(([parent, , name]) => Number(parent) === process.pid && name?.includes('workerd')) ?? []
  return Number(kilobytes) / 1024
}

function readPositive(name: string, text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new TypeError(`--${name} takes a number above 0.`)
  return value
}
