/** The Worker under a real `wrangler dev`, as a newcomer to the platform would start it. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { QUIET, ROOT } from '../../scripts/bundle.ts'

export interface WranglerDev {
  /** Without a slash at its end. */
  url: string
  stop(): Promise<void>
}

/** @param vars configuration, which overrides wrangler.toml's */
export async function startWranglerDev(vars: Record<string, string>): Promise<WranglerDev> {
  const port = await freePort()
  // The storage of Durable Objects, separate for each run.
  const state = await mkdtemp(`${tmpdir()}/millrace-`)
  const wrangler = spawn(
    'wrangler',
    [
      'dev',
      ...['--ip', '127.0.0.1', '--port', String(port), '--inspector-port', '0', '--persist-to', state],
      ...Object.entries(vars).flatMap(([name, value]) => ['--var', `${name}:${value}`]),
    ],
    { cwd: ROOT, env: { ...process.env, ...QUIET }, detached: true, stdio: 'pipe' },
  )
  let output = ''
  await new Promise<void>((resolve, reject) => {
    const see = (text: Buffer) => {
      output += text
      if (output.includes('Ready on')) resolve()
    }
    wrangler.stdout.on('data', see)
    wrangler.stderr.on('data', see)
    wrangler.once('exit', () => reject(new Error(`wrangler dev ended:\n${output}`)))
  })
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      await new Promise<void>((resolve) => {
        wrangler.once('exit', () => resolve())
        // The whole process group, including wrangler's own children.
        if (wrangler.pid !== undefined) process.kill(-wrangler.pid, 'SIGTERM')
      })
      await rm(state, { recursive: true, force: true })
    },
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
