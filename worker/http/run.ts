/**
 * `GET /run/`, `GET /run/preview/`: the documents in which a page runs an answer's code (docs/RUNNING.md). A document is empty
 * but for one script, client/run/frame/. Its policy is what holds the code, so it is sent as a header: no script can change it.
 * `sandbox` makes its origin an opaque one, also where the document is opened alone.
 *
 * @example
 *   app.get('/run/', frame('python'))
 */
import type { Handler } from 'hono'
import { ApiError } from '../errors.ts'
import type { App } from './context.ts'
import { refuse } from './respond.ts'

const DOCUMENT =
  '<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>Output</title>' +
  '<script type="module" src="/run/frame.js"></script><body>'

/**
 * What each kind may run and load. The host's address stands before each path: `'self'` is no match for an opaque origin in all
 * browsers. Python comes from `/run/python/` alone, so that no code reaches the chat's own routes. A preview loads nothing.
 */
const MAY = {
  python: (host: string) =>
    `script-src ${host}/run/frame.js ${host}/run/python/ blob: 'wasm-unsafe-eval'; worker-src blob:; ` +
    `connect-src ${host}/run/python/; img-src blob:`,
  preview: (host: string) =>
    `script-src ${host}/run/frame.js 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; ` +
    `img-src blob: data:; font-src data:; media-src blob: data:; ` +
    `require-trusted-types-for 'script'; trusted-types default`,
}

export function frame(kind: keyof typeof MAY): Handler<App> {
  return function frame(c) {
    const { runCode, allowedOrigins } = c.var.config
    if (!runCode) {
      return refuse(c, new ApiError('not_found', { message: 'No code runs here: RUN_CODE is not on.' }))
    }
    const host = new URL(c.req.url).origin
    return c.html(DOCUMENT, 200, {
      'content-security-policy':
        `sandbox allow-scripts; default-src 'none'; ${MAY[kind](host)}; base-uri 'none'; form-action 'none'; ` +
        `frame-ancestors ${[host, ...allowedOrigins].join(' ')}`,
      'cache-control': 'no-cache',
      'cross-origin-resource-policy': 'cross-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-dns-prefetch-control': 'off',
    })
  }
}
