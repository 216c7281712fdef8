/**
 * Runs the Worker on this machine as it behaves when deployed: workerd through Miniflare, behind a small TCP
 * front. Why not `wrangler dev`: docs/decisions/0002-local-server.md.
 */
import { readdirSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { unstable_getMiniflareWorkerOptions } from 'wrangler'
import { BROKE_OFF } from '../worker/errors.ts'
import { QUIET, ROOT } from './bundle.ts'

export interface LocalWorker {
  /** Without a slash at its end. */
  url: string
  stop(): Promise<void>
}

export interface LocalOptions {
  /** 0: any free one. */
  port: number
  /** The folder of the bundled Worker. */
  bundle: string
  /** The Worker's whole configuration. The caller reads wrangler.toml and `.dev.vars`, if it wants them. */
  vars: Readonly<Record<string, string>>
  /** How many calls a visitor may make in ten seconds, in place of wrangler.toml's number. */
  burst?: number
  /** Called with each line that the Worker logs. */
  onLog(message: string): void
}

const HOST = '127.0.0.1'

export async function startLocal({ port, bundle, vars, burst, onLog }: LocalOptions): Promise<LocalWorker> {
  Object.assign(process.env, QUIET)
  // The rules tell how to find modules, which the bundle has already done.
  const { modulesRules: _, ...workerOptions } = unstable_getMiniflareWorkerOptions(
    `${ROOT}wrangler.toml`,
  ).workerOptions
  if (burst !== undefined) {
    for (const { simple } of Object.values(workerOptions.ratelimits ?? {})) simple.limit = burst
  }
  const worker = new Miniflare(
    convertV4MiniflareOptions({
      host: HOST,
      port: 0,
      cf: false,
      log: new Log(LogLevel.WARN),
      handleStructuredLogs({ message }) {
        // workerd reports each deliberately aborted connection; the Worker's own record says more.
        if (!message.includes(BROKE_OFF)) onLog(message)
      },
      workers: [
        {
          ...workerOptions,
          modulesRoot: bundle,
          modules: [{ type: 'ESModule', path: `${bundle}/index.js` }, ...filesIn(bundle)],
          bindings: vars,
        },
      ],
    }),
  )
  try {
    const front = await listen(port, Number((await worker.ready).port))
    return {
      url: `http://${HOST}:${front.port}`,
      async stop() {
        front.close()
        await worker.dispose()
      },
    }
  } catch (error) {
    await worker.dispose()
    throw error
  }
}

/** The packed ranks and the texts, in the same folder as the bundle that imports them. */
export function filesIn(bundle: string): { type: 'Data' | 'Text'; path: string }[] {
  return readdirSync(bundle).flatMap((name) => {
    const path = `${bundle}/${name}`
    if (name.endsWith('.bin')) return { type: 'Data', path }
    // wrangler writes a README.md of its own, which nothing imports.
    return /\.(?:md|txt)$/.test(name) ? { type: 'Text', path } : []
  })
}

/**
 * Forwards TCP connections. workerd notices a caller's closed connection only at its next write, unlike
 * Cloudflare's network, which notices it at once. So the front resets the connection, which workerd notices
 * at once.
 */
async function listen(port: number, to: number): Promise<{ port: number; close(): void }> {
  const open = new Set<{ destroy(): void }>()
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (caller) => {
    const worker = connect({ host: HOST, port: to, noDelay: true, allowHalfOpen: true })
    open.add(caller).add(worker)
    caller.on('data', (bytes) => worker.write(bytes) || caller.pause())
    worker.on('drain', () => caller.resume())
    worker.pipe(caller)
    for (const event of ['end', 'close', 'error']) caller.on(event, () => worker.resetAndDestroy())
    worker.on('error', () => caller.destroy())
    worker.on('close', (failed) => {
      open.delete(caller)
      open.delete(worker)
      if (failed) caller.destroy()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, HOST, resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close() {
      server.close()
      for (const socket of open) socket.destroy()
    },
  }
}
