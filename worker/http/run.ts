/**
 * `GET /run/`, `GET /run/preview/`: the documents in which a page runs an answer's code (docs/RUNNING.md).
 * A document is empty but for one script, client/run/frame/. Its policy is what holds the code, so it is
 * sent as a header: no script can change it. `sandbox` makes its origin an opaque one, also where the
 * document is opened alone.
 *
 * What each kind may run and load stands in run.txt. The host's address stands before each path: `'self'`
 * is no match for an opaque origin in all browsers. Python comes from `/run/python/` alone, so that no code
 * reaches the chat's own routes. A preview loads nothing.
 *
 * @example
 *   app.get('/run/', frame('python'))
 */
import type { Handler } from 'hono'
import { ApiError } from '../errors.ts'
import type { App } from './context.ts'
import { refuse } from './respond.ts'
import TEXTS from './run.txt'

const [DOCUMENT = '', python = '', preview = ''] = TEXTS.split('\n')
const POLICIES = { python, preview }

export function frame(kind: keyof typeof POLICIES): Handler<App> {
  return function frame(c) {
    const { runCode, allowedOrigins } = c.var.config
    if (!runCode) return refuse(c, new ApiError('not_found', { message: 'RUN_CODE is not on.' }))
    const policy = POLICIES[kind].replaceAll('HOST', new URL(c.req.url).origin)
    return c.html(DOCUMENT, 200, {
      'content-security-policy': [policy, ...allowedOrigins].join(' '),
      'cache-control': 'no-cache',
      'cross-origin-resource-policy': 'cross-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-dns-prefetch-control': 'off',
    })
  }
}
