/**
 * What a route answers to the methods that it doesn't have: 204 with `Allow` to `OPTIONS`, a preflight's
 * headers included, and 405 with `Allow` to all others. The methods are read from the app's own routes, so
 * call it after the last of them.
 *
 * Hono's `method-not-allowed` patches a 404 instead: the log would have no route, and the 404's headers would
 * stay.
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
import { methodsByPath } from './routes.ts'

export function answerOtherMethods(app: Hono<App>): void {
  for (const [path, methods] of methodsByPath(app)) {
    const allow = [...[...methods].toSorted(), 'OPTIONS'].join(', ')
    app.options(path, (c) => c.body(null, 204, { allow, ...preflightHeaders(c.req.raw, allow) }))
    app.all(path, (c) => refuse(c, methodRefused(path, c.req.method, allow)))
  }
}

/** `GET /chat` comes from a browser's address bar, and from curl without `-d`. */
const ADVICE: Partial<Record<string, string>> = {
  '/chat': "POST your question as the body: curl -N https://… -d 'Why is the sky blue?'",
  '/v1/chat/completions': 'POST a chat completion request as the body, in JSON.',
  '/v1/sessions': 'POST without a body to get a token.',
}

function methodRefused(path: string, method: string, allow: string): ApiError {
  const message = `${path} does not answer to ${method}, but to ${allow}. ${ADVICE[path] ?? ''}`.trim()
  return new ApiError('method_not_allowed', { message, headers: { allow } })
}

/**
 * What a page may send. Any header that it asks for: only those read here have an effect, and none goes to
 * the upstream.
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
