/**
 * What a route answers to the methods that it doesn't have: 204 with `Allow` to `OPTIONS`, a preflight's headers included, and
 * 405 with `Allow` to all others. The methods are read from the app's own routes, so call it after the last of them.
 *
 * Hono's `method-not-allowed` patches a 404 instead: the log would have no route, and the 404's headers would stay.
 *
 * @example
 *   app.get('/x', handler)
 *   answerOtherMethods(app)
 */
import type { Hono } from 'hono'
import { ApiError } from '../errors.ts'
import { MAX_ASKED_HEADERS_CHARS, PREFLIGHT_MAX_AGE_S } from '../limits.ts'
import type { App } from './context.ts'
import { refuse } from './respond.ts'

export function answerOtherMethods(app: Hono<App>): void {
  for (const [path, methods] of methodsByPath(app)) {
    const allow = [...[...methods].toSorted(), 'OPTIONS'].join(', ')
    app.options(path, (c) => c.body(null, 204, { allow, ...preflightHeaders(c.req.raw, allow) }))
    app.all(path, (c) => refuse(c, new ApiError('method_not_allowed', { headers: { allow } })))
  }
}

function methodsByPath({ routes }: Hono<App>): Map<string, Set<string>> {
  const byPath = new Map<string, Set<string>>()
  for (const { path, method } of routes) {
    // Middleware for all paths.
    if (method === 'ALL') continue
    const methods = byPath.get(path) ?? new Set()
    byPath.set(path, methods.add(method))
    // Hono answers HEAD by the GET route.
    if (method === 'GET') methods.add('HEAD')
  }
  return byPath
}

/**
 * What a page may send. Any header that it asks for: only those read here have an effect, and none goes to the upstream.
 *
 * @param methods of this route: `POST, OPTIONS`
 */
function preflightHeaders(request: Request, methods: string): Record<string, string> {
  const asked = request.headers.get('access-control-request-headers') ?? ''
  const named = asked.length <= MAX_ASKED_HEADERS_CHARS && /^[\w-]+(?:\s*,\s*[\w-]+)*$/.test(asked)
  return {
    'access-control-allow-methods': methods,
    ...(named && { 'access-control-allow-headers': asked }),
    'access-control-max-age': String(PREFLIGHT_MAX_AGE_S),
    vary: 'Access-Control-Request-Headers',
  }
}
