/**
 * Millrace under chaos: workerd with the Worker of workers/millrace.ts in it, which can be deployed anew under
 * its running answers, and its objects, which can be killed and looked into.
 */
import { readFileSync } from 'node:fs'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { unstable_getMiniflareWorkerOptions } from 'wrangler'
import { bundleWorker, QUIET, ROOT } from '../../scripts/bundle.ts'
import { filesIn } from '../../scripts/local.ts'
import { type Held, OBJECT_KINDS, type ObjectRef, type Order } from './order.ts'

/** A line of the Worker's log. */
export type LogLine = Readonly<Record<string, unknown>>

export interface Deployment {
  /** Where workerd listens; another port after each deployment. */
  readonly port: number
  readonly logs: LogLine[]
  /** How far the Worker's clock is ahead, in milliseconds. */
  readonly ahead: number
  /** Replaces the Worker: all connections and objects of the one before end, and its storage stays. */
  deploy(vars: Readonly<Record<string, string>>): Promise<void>
  objects(): Promise<ObjectRef[]>
  kill(object: ObjectRef): Promise<void>
  held(object: ObjectRef): Promise<Held>
  /** Runs the object's alarm now. */
  ring(object: ObjectRef): Promise<void>
  setClock(ahead: number): Promise<void>
  ticks(): Promise<number>
  stop(): Promise<void>
}

const HOST = '127.0.0.1'
/** More than all visitors of a round ask. */
const BURST = 100_000
const WORKER = 'millrace'

export async function startDeployment(
  first: Readonly<Record<string, string>>,
  firstAhead: number,
): Promise<Deployment> {
  Object.assign(process.env, QUIET)
  const bundle = await bundleWorker('dist/chaos', 'test/chaos/workers/millrace.ts')
  const script = readFileSync(`${bundle}/millrace.js`, 'utf8')
  const logs: LogLine[] = []
  let ahead = firstAhead
  let deployments = 0

  function optionsFor(vars: Readonly<Record<string, string>>) {
    const { modulesRules: _, ...own } = unstable_getMiniflareWorkerOptions(
      `${ROOT}wrangler.toml`,
    ).workerOptions
    for (const { simple } of Object.values(own.ratelimits ?? {})) simple.limit = BURST
    return convertV4MiniflareOptions({
      host: HOST,
      port: 0,
      cf: false,
      log: new Log(LogLevel.NONE),
      handleStructuredLogs: ({ message }) => void (message.startsWith('{') && logs.push(JSON.parse(message))),
      workers: [
        {
          ...own,
          name: WORKER,
          modulesRoot: bundle,
          modules: [
            // Another bundle each time, as a release is.
            {
              type: 'ESModule' as const,
              path: `${bundle}/millrace.js`,
              contents: `${script}\n// ${++deployments}`,
            },
            ...filesIn(bundle),
          ],
          bindings: { ...vars, CHAOS_CLOCK_AHEAD: String(ahead) },
          unsafeDirectSockets: [{ host: HOST, port: 0 }],
        },
      ],
    })
  }

  const miniflare = new Miniflare(optionsFor(first))
  // The Worker's own socket: Miniflare's is another Worker before it, which would end some calls in its own way.
  const portOf = async () => Number((await miniflare.unsafeGetDirectURL(WORKER)).port)
  let port = await portOf()

  async function tell<T>(order: Order): Promise<T> {
    const response = await fetch(`http://${HOST}:${port}/chaos`, {
      method: 'POST',
      body: JSON.stringify(order),
    })
    if (!response.ok) throw new Error(`/chaos ${JSON.stringify(order)}: ${await response.text()}`)
    return (await response.json()) as T
  }

  return {
    get port() {
      return port
    },
    logs,
    get ahead() {
      return ahead
    },
    async deploy(vars) {
      await miniflare.setOptions(optionsFor(vars))
      port = await portOf()
    },
    async objects() {
      const lists = OBJECT_KINDS.map(async (kind) =>
        (await miniflare.listDurableObjectIds(kind, WORKER)).map((id): ObjectRef => ({ kind, id })),
      )
      return (await Promise.all(lists)).flat()
    },
    kill: (object) => tell({ do: 'kill', object }),
    held: (object) => tell({ do: 'hold', object }),
    ring: (object) => tell({ do: 'ring', object }),
    async setClock(to) {
      ahead = to
      await tell({ do: 'set clock', ahead })
    },
    ticks: async () => (await tell<{ ticks: number }>({ do: 'count ticks' })).ticks,
    stop: () => miniflare.dispose(),
  }
}
