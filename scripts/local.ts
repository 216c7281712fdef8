/**
 * The Worker on this machine, as it behaves when deployed: workerd through Miniflare, behind a small
 * TCP front. Why not `wrangler dev`: docs/decisions/0002-local-server.md.
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
  /** Where the bundled Worker is. */
  bundle: string
  /** Its whole configuration: what wrangler.toml and `.dev.vars` say of it is the caller's affair. */
  vars: Readonly<Record<string, string>>
  /** What the Worker logs, call by call. */
  onLog(message: string): void
}

const HOST = '127.0.0.1'

export async function startLocal({ port, bundle, vars, onLog }: LocalOptions): Promise<LocalWorker> {
  Object.assign(process.env, QUIET)
  // The rules say how to find modules; the bundle has found them.
  const { modulesRules: _, ...workerOptions } = unstable_getMiniflareWorkerOptions(
    `${ROOT}wrangler.toml`,
  ).workerOptions
  const worker = new Miniflare(
    convertV4MiniflareOptions({
      host: HOST,
      port: 0,
      cf: false,
      log: new Log(LogLevel.WARN),
      handleStructuredLogs({ message }) {
        // workerd reports each connection that is broken off on purpose; the Worker's own record says more.
        if (!message.includes(BROKE_OFF)) onLog(message)
      },
      workers: [
        {
          ...workerOptions,
          modulesRoot: bundle,
          modules: [
            { type: 'ESModule', path: `${bundle}/index.js` },
            ...dataIn(bundle).map((path) => ({ type: 'Data' as const, path })),
          ],
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

/** The packed ranks, beside the bundle that imports them. */
function dataIn(bundle: string): string[] {
  return readdirSync(bundle)
    .filter((name) => name.endsWith('.bin'))
    .map((name) => `${bundle}/${name}`)
}

/**
 * Passes TCP connections on. A caller that leaves closes its side; workerd alone sees that only when it
 * next writes, Cloudflare's network at once. The front resets the connection, which workerd sees at once.
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
