/** A process of workerd with one Worker in it, and what that process uses. Linux tells; no other system does. */
import { readdirSync, readFileSync } from 'node:fs'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { unstable_getMiniflareWorkerOptions } from 'wrangler'
import { ROOT } from '../../scripts/bundle.ts'

export interface Workerd {
  /** Of the Worker's own socket, without a slash at the end: Miniflare's is a second Worker before it. */
  url: string
  /** CPU time of all its threads so far, in milliseconds. */
  cpu(): number
  /** Memory in RAM, in bytes. */
  memory(): number
  stop(): Promise<void>
}

export interface Worker {
  /** The folder with its modules, of which one is a script: the entry. */
  bundle: string
  bindings: Record<string, string>
  /** As wrangler.toml has it, or plain. */
  configured: boolean
  onLog(message: string): void
}

const HOST = '127.0.0.1'

export async function startWorkerd({ bundle, bindings, configured, onLog }: Worker): Promise<Workerd> {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(`${ROOT}wrangler.toml`)
  // The bundle's modules have been found. Files of the page are served by a Worker of Miniflare's that a deployment lacks.
  const { modulesRules: _, assets: __, bindings: vars, ...own } = workerOptions
  const { compatibilityDate } = own
  const others = processes()
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: HOST,
      port: 0,
      cf: false,
      log: new Log(LogLevel.WARN),
      handleStructuredLogs: ({ message }) => onLog(message),
      workers: [
        {
          ...(configured ? own : { compatibilityDate, compatibilityFlags: ['nodejs_compat'] }),
          name: 'contestant',
          modulesRoot: bundle,
          modules: modulesIn(bundle),
          bindings: configured ? Object.assign({}, vars, bindings) : bindings,
          unsafeDirectSockets: [{ host: HOST, port: 0 }],
        },
      ],
    }),
  )
  try {
    const { origin } = await miniflare.unsafeGetDirectURL('contestant')
    const [pid, ...more] = processes().filter((id) => !others.includes(id))
    if (pid === undefined || more.length > 0) throw new Error('Which process is this workerd?')
    return {
      url: origin,
      cpu: () => cpuOf(pid),
      memory: () => memoryOf(pid),
      stop: () => miniflare.dispose(),
    }
  } catch (error) {
    await miniflare.dispose()
    throw error
  }
}

/** The entry first, as Miniflare wants it. */
function modulesIn(bundle: string) {
  return readdirSync(bundle)
    .filter((name) => /\.(?:js|bin)$/.test(name))
    .sort((a, b) => Number(b.endsWith('.js')) - Number(a.endsWith('.js')))
    .map((name) => ({
      type: name.endsWith('.js') ? ('ESModule' as const) : ('Data' as const),
      path: `${bundle}/${name}`,
    }))
}

/** The workerds that this process has started. */
function processes(): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false
    try {
      // [doc] proc_pid_stat(5): pid (command) state parent …
      const [, command, parent] = /\((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
      return command === 'workerd' && Number(parent) === process.pid
    } catch {
      return false // It has ended since.
    }
  })
}

/** In nanoseconds from the scheduler, since `stat` counts hundredths of a second. */
function cpuOf(pid: string): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  const nanoseconds = threads.map((id) =>
    Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]),
  )
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6
}

function memoryOf(pid: string): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) * 1024
}
