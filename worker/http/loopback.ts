/**
 * `OPEN_ACCESS` lets in every caller, so it holds on one's own machine alone, where others can't call. Set on
 * a deployment, by mistake or by a copied file, it opens nothing: every call is answered with this error.
 *
 * @example
 *   const error = checkOpenAccess(request, config)
 */
import type { Config } from '../config/config.ts'
import { type ApiError, misconfigured } from '../errors.ts'

export function checkOpenAccess(
  request: Request,
  { openAccess }: Pick<Config, 'openAccess'>,
): ApiError | undefined {
  if (!openAccess || isLocal(request)) return undefined
  return misconfigured(
    "OPEN_ACCESS works on one's own machine alone, at localhost or 127.0.0.1. Elsewhere leave it out, and call with an access key.",
  )
}

/**
 * Whether a request was made to this machine. Cloudflare routes by host names that are registered with it,
 * which loopback's names never are, and marks each request with a ray. The `Host` header is checked beside
 * the URL: a page whose name was re-bound to 127.0.0.1 (DNS rebinding) can't change that header.
 */
export function isLocal(request: Request): boolean {
  const host = request.headers.get('host')
  return (
    !request.headers.has('cf-ray') &&
    isLoopback(new URL(request.url).hostname) &&
    (host === null || (URL.canParse(`http://${host}`) && isLoopback(new URL(`http://${host}`).hostname)))
  )
}

// [spec] RFC 6761, 6.3: `localhost` and all names under it; RFC 1122, 3.2.1.3: 127.0.0.0/8. The URL parser
// writes every IPv4 address as four decimals.
const isLoopback = (hostname: string) => /^(?:(?:[^.]+\.)*localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname)
