/**
 * `npm start`: builds the client and the Worker, starts it on http://127.0.0.1:8787, and says when it is
 * ready. `PORT` is read from the environment; settings come from the environment or from files
 * (settings.ts).
 *
 * `npm run dev` (`--watch`): the same, and rebuilds after each change.
 */
import { watch } from 'node:fs'
import { createServer } from 'node:net'
import { constants } from 'node:os'
import { readConfig } from '../worker/config/config.ts'
import { ConfigError } from '../worker/config/parsers.ts'
import { buildClient } from './build-client.ts'
import { bundleWorker, ROOT } from './bundle.ts'
import { type LocalWorker, startLocal } from './local.ts'
import { readSettings } from './settings.ts'

const DEFAULT_PORT = 8787

const port = readPort(process.env.PORT)
// Open to every caller: the server listens on this machine only.
const vars: Record<string, string> = {
  OPEN_ACCESS: 'true',
  ...readSettings(`${ROOT}wrangler.toml`, process.env),
}
checkConfig(vars)

const start = async (bundle: string) => startLocal({ port, bundle, vars, onLog: (line) => console.log(line) })

let worker: LocalWorker | undefined
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, async () => {
    await worker?.stop()
    process.exit(128 + constants.signals[signal])
  })
}

try {
  await checkPort()
  const [bundle] = await Promise.all([bundleWorker(), buildClient()])
  worker = await start(bundle)
} catch (error) {
  fail(error)
}
announce(worker.url)
if (process.argv.includes('--watch')) watchSources()

function announce(url: string): void {
  const demo = readConfig(vars).upstream.kind === 'demo'
  console.log(`Millrace is ready on ${url}`)
  if (demo) console.log('The built-in demo answers. For a model: OPENAI_API_KEY=sk-… npm start')
  if (demo && vars.OPENAI_BASE_URL) console.log('OPENAI_BASE_URL has no effect without OPENAI_API_KEY.')
}

/** Rebuilds and restarts after a change. Several changes at once (a checkout, a formatter) count as one. */
function watchSources(): void {
  const settleMs = 150
  let timer: NodeJS.Timeout | undefined
  let busy: Promise<void> = Promise.resolve()
  const again = async () => {
    try {
      const [bundle] = await Promise.all([bundleWorker(), buildClient()])
      await worker?.stop()
      worker = await start(bundle)
      console.log(`Rebuilt: ${worker.url}`)
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

function checkConfig(vars: Record<string, string>): void {
  try {
    readConfig(vars)
  } catch (error) {
    fail(error instanceof ConfigError ? error.message : error)
  }
}

function fail(error: unknown): never {
  const inUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
  if (inUse) console.error(`Port ${port} is in use: choose another with PORT=8788 npm start.`)
  else console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
