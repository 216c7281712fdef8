/**
 * `npm start`: builds what has changed, starts the Worker on http://127.0.0.1:8787, says what it does, and
 * then prints a line a request. `PORT` is read from the environment; settings come from the environment or
 * from files (settings.ts).
 *
 * `npm start -- --json`: prints the log as a deployment writes it, and all else to stderr.
 * `npm run dev` (`--watch`): the same as `npm start`, and builds again after each change.
 */
import { watch } from 'node:fs'
import { enableCompileCache, flushCompileCache } from 'node:module'
import { createServer } from 'node:net'
import { constants } from 'node:os'
import { type Config, readConfig } from '../worker/config/config.ts'
import { ConfigError } from '../worker/config/parsers.ts'
import { type BuildWatch, buildChanged } from './build-changed.ts'
import { ROOT } from './bundle.ts'
import type { LocalWorker } from './local.ts'
import { logLine } from './log-line.ts'
import { summary } from './summary.ts'

// Wrangler and Miniflare are 20 MB of JavaScript. Compiled once, they load half a second sooner.
enableCompileCache(`${ROOT}dist/compiled`)
const { startLocal } = await import('./local.ts')
const { readSettings } = await import('./settings.ts')

const DEFAULT_PORT = 8787

const asJson = process.argv.includes('--json')
const say = asJson ? console.error : console.log

const port = readPort(process.env.PORT)
// Open to every caller: the server listens on this machine only.
const vars: Record<string, string> = {
  OPEN_ACCESS: 'true',
  RUN_CODE: 'on',
  ...readSettings(`${ROOT}wrangler.toml`, process.env),
}
const config = checkConfig(vars)

const start = async () =>
  startLocal({
    port,
    bundle: `${ROOT}dist/worker`,
    vars,
    onLog: (line) => console.log(asJson ? line : logLine(line, new Date())),
  })

const progress: BuildWatch = {
  began: (parts) => say(`Building ${parts.join(', ')}…`),
  built: (part, ms) => say(`Built ${part} in ${(ms / 1000).toFixed(1)} s`),
}

let worker: LocalWorker | undefined
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, async () => {
    await worker?.stop()
    process.exit(128 + constants.signals[signal])
  })
}

try {
  await checkPort()
  await buildChanged(progress)
  worker = await start()
} catch (error) {
  fail(error)
}
say(summary(config, worker.url, process.uptime() * 1000))
// Otherwise written at the end, which a killed process doesn't reach.
flushCompileCache()
if (config.upstream.kind === 'demo' && vars.OPENAI_BASE_URL) {
  say('OPENAI_BASE_URL has no effect without OPENAI_API_KEY.\n')
}
if (process.argv.includes('--watch')) watchSources()

/** Builds and starts again after a change. Several changes at once (a checkout, a formatter) count as one. */
function watchSources(): void {
  const settleMs = 150
  let timer: NodeJS.Timeout | undefined
  let busy: Promise<void> = Promise.resolve()
  const again = async () => {
    try {
      await buildChanged(progress)
      await worker?.stop()
      worker = await start()
      say(`Ready again on ${worker.url}`)
    } catch (error) {
      console.error(error instanceof Error ? error.message : error)
    }
  }
  for (const folder of ['worker', 'client']) {
    watch(`${ROOT}${folder}`, { recursive: true }, () => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        busy = busy.then(again)
      }, settleMs)
    })
  }
}

function readPort(text: string | undefined): number {
  const port = Number(text || DEFAULT_PORT)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) fail('PORT must be a number from 0 to 65535.')
  return port
}

/** Checks the port before the build, so that a port in use is reported at once. */
async function checkPort(): Promise<void> {
  const probe = createServer()
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject).listen(port, '127.0.0.1', () => probe.close(() => resolve()))
  })
}

function checkConfig(vars: Record<string, string>): Config {
  try {
    return readConfig(vars)
  } catch (error) {
    fail(error instanceof ConfigError ? error.message : error)
  }
}

function fail(error: unknown): never {
  const inUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
  if (inUse) {
    const other = port < 65_535 ? port + 1 : DEFAULT_PORT
    console.error(
      `Port ${port} is in use, perhaps by another start. Choose a different one: PORT=${other} npm start`,
    )
  } else console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
