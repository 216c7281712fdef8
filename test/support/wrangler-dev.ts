/** The Worker under a real `wrangler dev`, as a newcomer to the platform would start it. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { QUIET, ROOT } from '../../scripts/bundle.ts'

export interface WranglerDev {
  /** Without a slash at its end. */
  url: string
  stop(): Promise<void>
}

/** @param vars configuration, which overrides wrangler.toml's */
export async function startWranglerDev(vars: Record<string, string>): Promise<WranglerDev> {
  // The storage of Durable Objects, separate for each run.
  const state = await mkdtemp(`${tmpdir()}/millrace-`)
  const wrangler = spawn(
    'wrangler',
    [
      'dev',
      ...['--ip', '127.0.0.1', '--port', '0', '--inspector-port', '0', '--persist-to', state],
      ...Object.entries(vars).flatMap(([name, value]) => ['--var', `${name}:${value}`]),
    ],
    { cwd: ROOT, env: { ...process.env, ...QUIET }, detached: true, stdio: 'pipe' },
  )
  let output = ''
  const url = await new Promise<string>((resolve, reject) => {
    const see = (text: Buffer) => {
      output += text
      // The port is the system's choice: one that is looked for before may be another program's by then.
      const ready = /Ready on (http:\S+)\s/.exec(output)
      if (ready?.[1] !== undefined) resolve(ready[1])
    }
    wrangler.stdout.on('data', see)
    wrangler.stderr.on('data', see)
    wrangler.once('exit', () => reject(new Error(`wrangler dev ended:\n${output}`)))
  })
  return {
    url,
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
