/** A process of workerd with one Worker in it. */
import { readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { unstable_getMiniflareWorkerOptions } from 'wrangler'
import { ROOT } from '../../scripts/bundle.ts'
import { cpuOf, memoryOf, type Server } from './server.ts'

export interface Worker {
  /** The folder of its modules. One of them is a script: the entry. */
  bundle: string
  bindings: Record<string, string>
  /** Configured as in wrangler.toml, or plain. */
  configured: boolean
  /** Whether V8's inspector listens. */
  inspected?: boolean
  /**
   * Whether the Worker has its rate limit. Miniflare's stand-in for it runs in isolates of its own, in the
   * same process, and keeps memory for each call.
   */
  rateLimited?: boolean
  /** Where the objects' databases are; by default in a folder that is removed at the end. */
  storage?: string
  /** A line of the Worker's log. */
  onLog(message: string): void
}

const HOST = '127.0.0.1'
/** workerd notes each alarm that is some milliseconds late in a line of its own. */
const LATE_ALARM = 'NOSENTRY'

export async function startWorkerd({
  bundle,
  bindings,
  configured,
  inspected = false,
  rateLimited = true,
  storage,
  onLog,
}: Worker): Promise<Server> {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(`${ROOT}wrangler.toml`)
  // Miniflare would serve assets from a Worker of its own, which a deployment doesn't have.
  const { modulesRules: _, assets: __, bindings: vars, ...own } = workerOptions
  const { compatibilityDate } = own
  // Visitors come one right after another.
  for (const { simple } of Object.values(own.ratelimits ?? {})) simple.limit = 1e6
  if (!rateLimited) delete own.ratelimits
  const others = processes()
  const miniflare = new Miniflare({
    ...convertV4MiniflareOptions({
      host: HOST,
      port: 0,
      cf: false,
      ...(inspected && { inspectorPort: 0 }),
      log: new Log(LogLevel.WARN),
      handleStructuredLogs: ({ message }) => {
        if (!message.startsWith(LATE_ALARM)) onLog(message)
      },
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
    ...(storage !== undefined && { resourcePersistencePath: storage }),
  })
  try {
    // The address of the Worker's own socket: Miniflare's is a second Worker before it.
    const { origin } = await miniflare.unsafeGetDirectURL('contestant')
    const [pid, ...more] = processes().filter((id) => !others.includes(id))
    if (pid === undefined || more.length > 0) throw new Error('Which process is this workerd?')
    return {
      url: origin,
      cpu: () => cpuOf(pid),
      memory: () => memoryOf(pid),
      ...(inspected && { inspector: `${await miniflare.getInspectorURL()}core:user:contestant` }),
      stop: () => miniflare.dispose(),
    }
  } catch (error) {
    await miniflare.dispose()
    throw error
  }
}

const TYPES: Partial<Record<string, 'ESModule' | 'Data' | 'Text'>> = {
  '.js': 'ESModule',
  '.bin': 'Data',
  '.md': 'Text',
  '.txt': 'Text',
}

/** The entry comes first, as Miniflare requires. */
function modulesIn(bundle: string) {
  return readdirSync(bundle)
    .flatMap((name) => {
      const type = TYPES[extname(name)]
      return type === undefined ? [] : { type, path: `${bundle}/${name}` }
    })
    .sort((a, b) => Number(b.type === 'ESModule') - Number(a.type === 'ESModule'))
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
