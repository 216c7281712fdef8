/**
 * Which pages may call. Browsers say in `Origin` where a request comes from, and a page can't change that. So
 * a foreign page is refused, not only kept from reading the answer. It may read the refusal, which tells its
 * owner what to set, and tells nothing of this Worker that any program can't ask for. Programs can claim any
 * origin: this keeps out pages, not people.
 *
 * @example
 *   app.use(pages()) // a foreign page's call is a 403, `c.var.page` is an allowed one's origin
 */
import type { MiddlewareHandler } from 'hono'
import { ApiError } from '../errors.ts'
import type { App } from './context.ts'
import { isOrigin } from './origin.ts'
import { ANY_PAGE, refuse } from './respond.ts'

/** What a page's script may read of an answer, beside the headers that browsers always show it. */
const EXPOSED = [
  'idempotent-replayed',
  'location',
  'max-prompt-tokens',
  'moderation-retract-chars',
  'retry-after',
  'retry-after-ms',
  'server-timing',
  'stream-id',
  'x-millrace-upstream',
  'x-ratelimit-limit-requests',
  'x-ratelimit-limit-tokens',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-remaining-tokens',
  'x-ratelimit-reset-requests',
  'x-ratelimit-reset-tokens',
  'x-request-id',
  'x-should-retry',
].join(', ')

/** The page may read the answer, a refusal too; and a cache must not give it to another page. */
export function pages(): MiddlewareHandler<App> {
  return async function pages(c, next) {
    const page = pageOf(c.req.raw, c.var.config.allowedOrigins)
    const isRefused = page instanceof ApiError
    if (!isRefused) c.set('page', page)
    // A browser asks before it sends such a call. Refused there, the page would never read why.
    if (!isRefused || isPreflight(c.req.raw)) await next()
    else c.res = await refuse(c, page)
    const { headers } = c.res
    headers.append('vary', 'Origin')
    if (page === undefined) return
    headers.set('access-control-allow-origin', isRefused ? ANY_PAGE : page)
    headers.set('access-control-expose-headers', EXPOSED)
  }
}

/** [spec] Fetch, "CORS-preflight fetch". What answers it does nothing else (methods.ts). */
const isPreflight = ({ method, headers }: Request) =>
  method === 'OPTIONS' && headers.has('access-control-request-method')

/**
 * @param allowed as `Config.allowedOrigins` has them; the Worker's own origin needs no mention
 * @returns the origin of the page that makes this request; `undefined` if no page does, or its browser
 *   doesn't say which
 */
export function pageOf(request: Request, allowed: readonly string[]): string | undefined | ApiError {
  const own = new URL(request.url).origin
  const origin = request.headers.get('origin')
  if (origin === null) {
    // [spec] Fetch, "append a request Origin header": GET and HEAD to a page's own origin have none.
    return request.headers.get('sec-fetch-site') === 'same-origin' ? own : undefined
  }
  if (origin === own || (isOrigin(origin) && allowed.some((pattern) => covers(pattern, origin))))
    return origin
  return originRefused(origin)
}

/** Names an origin only in the form that browsers write: anything else is a program's text. */
function originRefused(origin: string): ApiError {
  if (isOrigin(origin)) {
    return new ApiError('origin_not_allowed', {
      message: `Pages of ${origin} may not call here: ALLOWED_ORIGINS does not list it.`,
      notes: { setting: 'ALLOWED_ORIGINS' },
    })
  }
  const isOpaque = origin === 'null'
  return new ApiError('origin_not_allowed', {
    message: isOpaque
      ? 'A page that was opened as a file, or in a sandboxed frame, has no origin: it may not call here.'
      : 'The `Origin` of this request is not one that a browser writes.',
  })
}

/** `https://*.example.com` is every origin under example.com, at any depth, and not example.com itself. */
function covers(pattern: string, origin: string): boolean {
  if (!pattern.includes('*')) return pattern === origin
  const [scheme, rest] = pattern.split('*') as [string, string]
  // Both are origins, so the part between `scheme` and `rest` can only be labels.
  return origin.startsWith(scheme) && origin.endsWith(rest) && origin.length > scheme.length + rest.length
}
