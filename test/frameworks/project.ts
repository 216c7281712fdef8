/**
 * A project of a framework: installed outside of this repository, built and served by the framework itself.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { pack } from '../support/consumer.ts'
import { readExamples } from '../support/examples.ts'

const run = promisify(execFile)

/** Commands are a script and its arguments, run by this Node in the project's folder. */
type Command = readonly string[]

export interface Framework {
  /** The folder beside this file, and the heading of its examples in docs/EXAMPLES.md. */
  name: string
  build: Command
  /** Where the build doesn't check types. */
  checkTypes?: Command
  /** Serves what was built. */
  start: (port: string) => Command
  /** Serves the sources, as while someone works on them. */
  dev: (port: string) => Command
}

export interface Project {
  /** @throws what the command printed, if it fails */
  run(command: Command): Promise<void>
  serve(command: Command, port: number): Promise<Server>
  remove(): Promise<void>
}

export interface Server {
  stop(): Promise<void>
}

/**
 * Installs the packages, Millrace as `npm pack` packs it, and adds the files that the documentation shows.
 *
 * @param worker the Worker's address, in the place of the one in the documentation
 */
export async function createProject({ name }: Framework, worker: string): Promise<Project> {
  const folder = await mkdtemp(`${tmpdir()}/millrace-${name}-`)
  await cp(`${import.meta.dirname}/${name.toLowerCase()}`, folder, { recursive: true })
  for (const { heading, file, code } of readExamples()) {
    if (heading !== name || file === undefined) continue
    await mkdir(dirname(`${folder}/${file}`), { recursive: true })
    await writeFile(`${folder}/${file}`, code.replaceAll('https://millrace.example.com', worker))
  }
  const options = { cwd: folder, env: environment() }
  const install = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund']
  await run('npm', [...install, await pack(folder)], options)

  return {
    async run(command) {
      try {
        await run(process.execPath, command, { ...options, maxBuffer: 64 * 1024 * 1024 })
      } catch (error) {
        const { stdout, stderr } = error as { stdout: string; stderr: string }
        throw new Error(`${command.join(' ')}\n${stdout}${stderr}`)
      }
    },
    async serve(command, port) {
      // A group of its own, since development servers start further processes.
      const server = spawn(process.execPath, command, {
        ...options,
        env: { ...options.env, HOST: '127.0.0.1', PORT: String(port) },
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let printed = ''
      for (const stream of [server.stdout, server.stderr]) stream.on('data', (data) => (printed += data))
      const ended = once(server, 'exit')
      while (!(await answers(port))) {
        if (server.exitCode !== null) throw new Error(`${command.join(' ')}\n${printed}`)
      }
      return {
        async stop() {
          if (server.exitCode === null && server.pid) process.kill(-server.pid)
          await ended
        },
      }
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** vitest's own NODE_ENV is `test`, and npm's settings are this repository's. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => name !== 'NODE_ENV' && !/^(?:npm_|VITE)/i.test(name),
  )
  return {
    ...Object.fromEntries(own),
    NEXT_TELEMETRY_DISABLED: '1',
    NUXT_TELEMETRY_DISABLED: '1',
    ASTRO_TELEMETRY_DISABLED: '1',
  }
}

async function answers(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/`)).ok
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 100))
    return false
  }
}

/** A port for a server that is started later, since the Worker has to know its pages' origins first. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
