/** `npm start` as a newcomer meets it: ready, configured by the environment, and gone when it is told to. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { constants } from 'node:os'
import { afterEach, expect, test } from 'vitest'
import { ROOT } from '../../scripts/bundle.ts'

let started: ChildProcess | undefined
// Told to end, not killed: a workerd whose parent is killed lives on.
afterEach(async () => {
  if (started?.exitCode !== null) return
  started.kill('SIGTERM')
  await once(started, 'close')
})

/** Starts it; resolves with what it said once it is ready, or has ended. */
async function start(env: Record<string, string>): Promise<{ output: string; url: string | undefined }> {
  const child = spawn('node', ['scripts/start.ts'], { cwd: ROOT, env: { ...process.env, PORT: '0', ...env } })
  started = child
  let output = ''
  await new Promise<void>((resolve) => {
    const see = (text: Buffer) => {
      output += text
      if (output.includes('is ready on')) resolve()
    }
    child.stdout.on('data', see)
    child.stderr.on('data', see)
    child.once('close', () => resolve())
  })
  return { output, url: /ready on (http:\S+)/.exec(output)?.[1] }
}

/** The processes that were started by it, and theirs. */
function descendants(pid: number | undefined): number[] {
  const children = execFileSync('ps', ['-o', 'pid=,ppid=', '-e'], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid)
    .map(([child]) => child as number)
  return children.flatMap((child) => [child, ...descendants(child)])
}

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('it serves the page and the demo, and Ctrl-C ends all it started', async () => {
  const { url } = await start({ DEMO_SPEED: '1000' })
  expect(await (await fetch(`${url}/`)).text()).toMatch(/<!doctype html>/i)
  const answer = await fetch(`${url}/chat`, { method: 'POST', body: 'plot_2d_normal' })
  expect(await answer.text()).toContain('def plot_2d_normal(')
  const all = descendants(started?.pid)
  expect(all.length).toBeGreaterThan(0)
  started?.kill('SIGINT')
  expect(await once(started as ChildProcess, 'close')).toEqual([128 + constants.signals.SIGINT, null])
  await expect.poll(() => all.filter(isAlive), { timeout: 5000 }).toEqual([])
  await expect(fetch(`${url}/healthz`)).rejects.toThrow()
})

test('configuration comes from the environment, and is open on this machine', async () => {
  const { url } = await start({ OPENAI_API_KEY: 'sk-1', MODELS: 'm-1,m-2' })
  expect(await (await fetch(`${url}/healthz`)).json()).toMatchObject({ upstream: 'openai' })
  expect(await (await fetch(`${url}/v1/models`)).json()).toMatchObject({
    data: [{ id: 'm-1' }, { id: 'm-2' }],
  })
})

test.each([
  ['ACCESS_KEYS', 'oops'],
  ['OPENAI_BASE_URL', 'api.openai.com'],
  ['PORT', 'eighty'],
])('a wrong %s stops the start and is named', async (name, value) => {
  const { output, url } = await start({ [name]: value })
  expect(url).toBeUndefined()
  expect(output).toContain(name)
  expect(started?.exitCode).toBe(1)
})

test('a port in use is said', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const address = taken.address()
  const port = typeof address === 'object' && address !== null ? String(address.port) : ''
  const { output } = await start({ PORT: port })
  taken.close()
  expect(output).toContain(`Port ${port} is in use`)
  expect(started?.exitCode).toBe(1)
})
