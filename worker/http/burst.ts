/**
 * Refuses a visitor who asks too fast, or whose address does.
 *
 * @example
 *   app.get('/x', access(), burst(), handler)
 */
import type { MiddlewareHandler } from 'hono'
import { retryHeaders } from '../admission/rate-headers.ts'
import { ApiError } from '../errors.ts'
import { BURST_PERIOD_MS } from '../limits.ts'
import { addressOf } from '../visitors/address.ts'
import { isVisitor } from './caller.ts'
import type { App } from './context.ts'
import { refuse } from './respond.ts'

/**
 * The rate limit binding. Each of Cloudflare's locations counts for itself, so it holds bursts off and is no
 * budget.
 */
export interface BurstLimit {
  limit(options: { key: string }): Promise<{ success: boolean }>
}

export function burst(): MiddlewareHandler<App> {
  return async function burst(c, next) {
    const { BURST: limit } = c.env
    const { addressName, caller } = c.var
    if (limit !== undefined && isVisitor(caller)) {
      const address = await addressName?.(addressOf(c.req.raw))
      const keys = [caller, `address:${address}`]
      const outcomes = await Promise.all(keys.map((key) => limit.limit({ key })))
      if (!outcomes.every(({ success }) => success)) {
        return refuse(c, new ApiError('too_fast', { headers: retryHeaders(BURST_PERIOD_MS) }))
      }
    }
    await next()
  }
}
