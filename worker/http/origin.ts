/**
 * Which pages may call. Browsers say in `Origin` where a request comes from, and a page can't change that; so a foreign page is
 * refused here, not only kept from reading the answer. Who is no browser can claim any origin: this keeps out pages,
 * not people.
 */
import { ApiError } from '../errors.ts'
import { MAX_ASKED_HEADERS_CHARS, PREFLIGHT_MAX_AGE_S } from '../limits.ts'

/** What a page's script may read of an answer, beside what every page may. */
const EXPOSED = [
  'idempotent-replayed',
  'location',
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

/**
 * @param allowed as `Config.allowedOrigins` has them; the Worker's own origin needs no mention
 * @returns the origin of the page that makes this request; `undefined` if no page does, or none that its browser tells of
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

/** One origin as browsers write it. Not `null`, which any sandboxed frame has; not a list, nor anything that only begins like one. */
function isOrigin(text: string): boolean {
  // The parser lets more signs into a host than any name has: `*` and `,` among them.
  const plain = /^https?:\/\/(?:[a-z0-9_.-]+|\[[0-9a-f:]+\])(?::\d+)?$/.test(text)
  return plain && URL.canParse(text) && new URL(text).origin === text
}

/** `https://*.example.com` is every origin under example.com, at any depth, and not example.com itself. */
function covers(pattern: string, origin: string): boolean {
  if (!pattern.includes('*')) return pattern === origin
  const [scheme, rest] = pattern.split('*') as [string, string]
  // Both are origins, so what stands between scheme and rest can be nothing but labels.
  return origin.startsWith(scheme) && origin.endsWith(rest) && origin.length > scheme.length + rest.length
}

/** For every answer, refusals too: that page may read it, and no cache gives it to another. */
export function corsHeaders(page: string | undefined): Record<string, string> {
  if (page === undefined) return { vary: 'Origin' }
  return {
    vary: 'Origin',
    'access-control-allow-origin': page,
    'access-control-expose-headers': EXPOSED,
  }
}

/**
 * For the answer to `OPTIONS`: what a page may send. Never cookies, so all headers it asks for may come: none but those read here
 * have an effect, and none goes to the upstream.
 *
 * @param methods of this route: `POST, OPTIONS`
 */
export function preflightHeaders(request: Request, methods: string): Record<string, string> {
  const asked = request.headers.get('access-control-request-headers') ?? ''
  const named = asked.length <= MAX_ASKED_HEADERS_CHARS && /^[\w-]+(?:\s*,\s*[\w-]+)*$/.test(asked)
  return {
    'access-control-allow-methods': methods,
    ...(named && { 'access-control-allow-headers': asked }),
    'access-control-max-age': String(PREFLIGHT_MAX_AGE_S),
    vary: 'Origin, Access-Control-Request-Headers',
  }
}
