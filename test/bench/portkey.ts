/**
 * Portkey's gateway, as a Node server of its own: what `npx @portkey-ai/gateway` starts. Its package has a
 * build for Node and no source, so that it can't be run on workerd. It is no dependency of the project: the
 * bench installs it into a folder of its own.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { ROOT } from '../../scripts/bundle.ts'
import { cpuOf, memoryOf, type Server } from './server.ts'

const PACKAGE = '@portkey-ai/gateway'
const VERSION = '1.15.2'
const FOLDER = `${ROOT}dist/bench/portkey`
const HOST = '127.0.0.1'
const INSTALL_MS = 120_000
const START_MS = 30_000
const POLL_MS = 50

/** @throws with npm's output if it can't be installed, as without a network */
export async function installPortkey(): Promise<void> {
  if (installedVersion() === VERSION) return
  mkdirSync(FOLDER, { recursive: true })
  const flags = ['--ignore-scripts', '--no-save', '--no-audit', '--no-fund', '--prefix', FOLDER]
  await promisify(execFile)('npm', ['install', ...flags, `${PACKAGE}@${VERSION}`], {
    cwd: FOLDER,
    timeout: INSTALL_MS,
  })
}

function installedVersion(): string | undefined {
  try {
    const file = readFileSync(`${FOLDER}/node_modules/${PACKAGE}/package.json`, 'utf8')
    return (JSON.parse(file) as { version: string }).version
  } catch {
    return undefined
  }
}

/** The headers with which Portkey sends a question to OpenAI's API at this base URL. */
export const portkeyHeaders = (upstream: string): Record<string, string> => ({
  authorization: 'Bearer bench',
  'x-portkey-provider': 'openai',
  'x-portkey-custom-host': upstream,
})

export async function startPortkey(): Promise<Server> {
  const port = await freePort()
  const preload = pathToFileURL(`${import.meta.dirname}/portkey-preload.ts`).href
  const server = `${FOLDER}/node_modules/${PACKAGE}/build/start-server.js`
  const child = spawn(process.execPath, ['--import', preload, server, '--headless', `--port=${port}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const pid = String(child.pid)
  const url = `http://${HOST}:${port}`
  const deadline = performance.now() + START_MS
  while (!(await answers(url))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      child.kill()
      throw new Error('Portkey does not start.')
    }
    await setTimeout(POLL_MS)
  }
  return {
    url,
    cpu: () => cpuOf(pid),
    memory: () => memoryOf(pid),
    async stop() {
      const exited = once(child, 'exit')
      child.kill()
      await exited
    },
  }
}

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    async (response) => {
      await response.arrayBuffer()
      return response.ok
    },
    () => false,
  )

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, HOST)
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('No port.')
  return address.port
}
