/**
 * Which pages may call. Browsers say in `Origin` where a request comes from, and a page can't change that. So a foreign page is
 * refused, not only kept from reading the answer. Programs can claim any origin: this keeps out pages, not people.
 *
 * @example
 *   app.use(pages()) // a foreign page's call is a 403, `c.var.page` is an allowed one's origin
 */
import type { MiddlewareHandler } from 'hono'
import { ApiError } from '../errors.ts'
import type { App } from './context.ts'
import { refuse } from './respond.ts'

/** What a page's script may read of an answer, beside the headers that browsers always show it. */
const EXPOSED = [
  'idempotent-replayed',
  'location',
  'moderation-retract-chars',
  'retry-after',
  'retry-after-ms',
  'server-timing',
  'stream-id',
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
    if (page instanceof ApiError) c.res = await refuse(c, page)
    else {
      c.set('page', page)
      await next()
    }
    const { headers } = c.res
    headers.append('vary', 'Origin')
    if (page === undefined || page instanceof ApiError) return
    headers.set('access-control-allow-origin', page)
    headers.set('access-control-expose-headers', EXPOSED)
  }
}

/**
 * @param allowed as `Config.allowedOrigins` has them; the Worker's own origin needs no mention
 * @returns the origin of the page that makes this request; `undefined` if no page does, or its browser doesn't say which
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
  return new ApiError('origin_not_allowed')
}

/** Whether it is one origin as browsers write it: not `null`, which any sandboxed frame has, and not a list. */
function isOrigin(text: string): boolean {
  // The URL parser accepts more characters in a host than names have, such as `*` and `,`.
  const plain = /^https?:\/\/(?:[a-z0-9_.-]+|\[[0-9a-f:]+\])(?::\d+)?$/.test(text)
  return plain && URL.canParse(text) && new URL(text).origin === text
}

/** `https://*.example.com` is every origin under example.com, at any depth, and not example.com itself. */
function covers(pattern: string, origin: string): boolean {
  if (!pattern.includes('*')) return pattern === origin
  const [scheme, rest] = pattern.split('*') as [string, string]
  // Both are origins, so the part between `scheme` and `rest` can only be labels.
  return origin.startsWith(scheme) && origin.endsWith(rest) && origin.length > scheme.length + rest.length
}
