/**
 * Stands before a Worker and gives its frame another Python than the build's. All else is the Worker's: the
 * page, the frame, its policy.
 */
import { extname } from 'node:path'
import { buildScripts } from '../../scripts/build-run.ts'
import { type Front, startFront } from './front.ts'

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
): Promise<Front> {
  const scripts = await buildScripts(define, loader)

  function bodyAt(path: string): string | Uint8Array | undefined {
    if (path === '/run/frame.js') return scripts.frame
    if (path === `/run/${scripts.worker.path}`) return scripts.worker.code
    return path.startsWith(FOLDER) ? fileAt(path.slice(FOLDER.length)) : undefined
  }

  return startFront(worker, {
    answer({ url = '/' }, response) {
      const body = bodyAt(url)
      if (body === undefined) return false
      const type = TYPES[extname(url)] ?? 'application/octet-stream'
      response.writeHead(200, { 'content-type': type, 'access-control-allow-origin': '*' }).end(body)
      return true
    },
    changeHeaders(headers, { url }) {
      if (policy && url === '/run/') {
        headers['content-security-policy'] = policy(String(headers['content-security-policy']))
      }
    },
  })
}
