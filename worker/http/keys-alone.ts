/**
 * Refuses visitors: the route is not for people at pages.
 *
 * @example
 *   app.post('/x', access(), keysAlone(), handler)
 */
import type { MiddlewareHandler } from 'hono'
import { ApiError } from '../errors.ts'
import { isVisitor } from './caller.ts'
import type { App } from './context.ts'
import { refuse } from './respond.ts'

export function keysAlone(): MiddlewareHandler<App> {
  return async function keysAlone(c, next) {
    if (isVisitor(c.var.caller)) return refuse(c, new ApiError('route_not_allowed'))
    await next()
  }
}
