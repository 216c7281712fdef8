/** `npm start` as a newcomer meets it: ready, configured by the environment, and gone when it is told to. */
import { type ChildProcess, exec, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { constants } from 'node:os'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { ROOT } from '../../scripts/bundle.ts'

let started: ChildProcess | undefined
// Told to end, not killed: a workerd whose parent is killed lives on.
afterEach(async () => {
  if (started?.exitCode !== null) return
  started.kill('SIGTERM')
  await once(started, 'close')
})

interface Said {
  stdout: string
  stderr: string
}

/**
 * Starts it; resolves once it is ready, or has ended.
 *
 * @returns what it has said by then, and what it says later
 */
async function start(env: Record<string, string>, ...args: string[]) {
  const child = spawn('node', ['scripts/start.ts', ...args], {
    cwd: ROOT,
    env: { ...process.env, PORT: '0', ...env },
  })
  started = child
  const said: Said = { stdout: '', stderr: '' }
  const all = () => said.stdout + said.stderr
  await new Promise<void>((resolve) => {
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (text: Buffer) => {
        said[name] += text
        // The summary's last line.
        if (/^ {2}Try it .*\n(?: {2}\S.*\n)*\n/m.test(all())) resolve()
      })
    }
    child.once('close', () => resolve())
  })
  return { said, output: all(), url: /ready on (http:\S+)/.exec(all())?.[1] }
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
  const answer = await fetch(`${url}/chat`, { method: 'POST', body: 'Why is the sky blue?' })
  expect(await answer.text()).toContain('Rayleigh scattering')
  const all = descendants(started?.pid)
  expect(all.length).toBeGreaterThan(0)
  started?.kill('SIGINT')
  expect(await once(started as ChildProcess, 'close')).toEqual([128 + constants.signals.SIGINT, null])
  await expect.poll(() => all.filter(isAlive)).toEqual([])
  await expect(fetch(`${url}/healthz`)).rejects.toThrow()
})

test('configuration comes from the environment, and is open on this machine', async () => {
  const { url } = await start({ OPENAI_API_KEY: 'sk-1', MODELS: 'm-1,m-2' })
  expect(await (await fetch(`${url}/healthz`)).json()).toMatchObject({ upstream: 'openai' })
  expect(await (await fetch(`${url}/v1/models`)).json()).toMatchObject({
    data: [{ id: 'm-1' }, { id: 'm-2' }],
  })
})

test('it says what it does, and its line to paste works', async () => {
  const { output, url } = await start({ DEMO_SPEED: '1000' })
  for (const fact of [
    /Answers +prepared/,
    /Models +any/,
    /Callers +everyone/,
    /Budgets +none/,
    /Moderation +off/,
  ]) {
    expect(output).toMatch(fact)
  }
  const [, line = ''] = /^ {2}Try it +(curl .+)$/m.exec(output) ?? []
  expect(line).toContain(`${url}/chat`)
  const { stdout } = await promisify(exec)(line)
  expect(stdout).toContain('Rayleigh scattering')
})

test('where nothing has changed, there is nothing to build', async () => {
  // The suite's set-up has built it.
  const { output } = await start({})
  expect(output).not.toMatch(/^(?:Building|Built) /m)
})

describe('each request is', () => {
  test('a line for people', async () => {
    const { said, url } = await start({ DEMO_SPEED: '1000' })
    await (await fetch(`${url}/chat`, { method: 'POST', body: 'Why is the sky blue?' })).text()
    await fetch(`${url}/v1/nowhere`)
    await expect
      .poll(() => said.stdout)
      .toMatch(/^\d\d:\d\d:\d\d {2}POST \/chat +200 {2}.*\d\.\d\d s · .* \d+ tokens$/m)
    await expect.poll(() => said.stdout).toMatch(/^\d\d:\d\d:\d\d {2}GET \S.* 404 not_found/m)
    expect(said.stdout).not.toContain('{')
  })

  test('with --json the line that a deployment logs, and nothing else is on stdout', async () => {
    const { said, url } = await start({ DEMO_SPEED: '1000' }, '--json')
    expect(said.stderr).toContain(`is ready on ${url}`)
    await (await fetch(`${url}/healthz`)).text()
    await expect.poll(() => said.stdout).toMatch(/\n$/)
    expect(JSON.parse(said.stdout)).toMatchObject({ method: 'GET', route: '/healthz', status: 200 })
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
  expect(output).toContain(`PORT=${Number(port) + 1} npm start`)
  expect(started?.exitCode).toBe(1)
})
