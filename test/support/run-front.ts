/**
 * Stands before a Worker and gives its frame another Python than the build's. All else is the Worker's: the
 * page, the frame, its policy.
 */
import { Agent, createServer, request } from 'node:http'
import { extname } from 'node:path'
import { buildScripts } from '../../scripts/build-run.ts'

export interface OtherPython {
  /** Constants of the worker, by their names. */
  define: Record<string, unknown>
  /** A module in place of client/run/python/load-python.ts. */
  loader?: string
  /** The files under `/run/python/`. `undefined`: the Worker's own. */
  fileAt(path: string): Uint8Array | undefined
  /** Changes the frame's policy. */
  policy?(own: string): string
}

const TYPES: Record<string, string> = {
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
}
const FOLDER = '/run/python/'

/** @param worker the Worker's address, without a slash at its end */
export async function startRunFront(
  worker: string,
  { define, loader, fileAt, policy }: OtherPython,
): Promise<{ url: string; stop(): void }> {
  const scripts = await buildScripts(define, loader)
  const agent = new Agent({ keepAlive: true })

  function bodyAt(path: string): string | Uint8Array | undefined {
    if (path === '/run/frame.js') return scripts.frame
    if (path === `/run/${scripts.worker.path}`) return scripts.worker.code
    return path.startsWith(FOLDER) ? fileAt(path.slice(FOLDER.length)) : undefined
  }

  const server = createServer((incoming, response) => {
    const { method, url = '/', headers } = incoming
    const body = bodyAt(url)
    if (body !== undefined) {
      const type = TYPES[extname(url)] ?? 'application/octet-stream'
      response.writeHead(200, { 'content-type': type, 'access-control-allow-origin': '*' }).end(body)
      return
    }
    const forwarded = request(`${worker}${url}`, { method, headers, agent }, (answer) => {
      const own = answer.headers['content-security-policy']
      if (policy && url === '/run/') answer.headers['content-security-policy'] = policy(String(own))
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      response.flushHeaders()
      answer.pipe(response)
      answer.on('error', () => response.destroy())
    })
    forwarded.on('error', () => response.destroy())
    response.on('close', () => void (response.writableFinished || forwarded.destroy()))
    incoming.pipe(forwarded)
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    stop() {
      server.close()
      server.closeAllConnections()
      agent.destroy()
    },
  }
}
