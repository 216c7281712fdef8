/**
 * Refuses a body that is compressed: bodies are read up to a bound, and a few compressed bytes can hold
 * gigabytes.
 *
 * @example
 *   app.post('/x', uncompressed(), handler)
 */
import type { MiddlewareHandler } from 'hono'
import { ApiError } from '../errors.ts'
import type { App } from './context.ts'
import { refuse } from './respond.ts'

export function uncompressed(): MiddlewareHandler<App> {
  return async function uncompressed(c, next) {
    const codings = c.req.header('content-encoding')?.split(',') ?? []
    if (codings.some((coding) => !/^\s*(?:identity\s*)?$/i.test(coding))) {
      const message = 'Send the body uncompressed, without `Content-Encoding`.'
      // [spec] RFC 9110, 15.5.16: which codings would have been accepted.
      const headers = { 'accept-encoding': 'identity' }
      return refuse(c, new ApiError('unsupported_media_type', { message, headers }))
    }
    await next()
  }
}
