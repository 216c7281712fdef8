/**
 * Counts the bytes of the request's body among those that the isolate holds, until the call has ended.
 *
 * @example
 *   app.post('/x', access(), inFlight(), (c) => { c.var.bodyBytes.take(1024); … })
 */
import type { MiddlewareHandler } from 'hono'
import { createInFlight } from '../admission/in-flight.ts'
import {
  MAX_BODY_MS,
  MAX_IN_FLIGHT_BYTES,
  SETTLED_AFTER_TOTAL_MS,
  VISITORS_IN_FLIGHT_BYTES,
} from '../limits.ts'
import { isVisitor } from './caller.ts'
import type { App } from './context.ts'

/** Of all requests to this isolate. */
const bodies = createInFlight(MAX_IN_FLIGHT_BYTES)

export function inFlight(): MiddlewareHandler<App> {
  return async function inFlight(c, next) {
    const { account, caller, config } = c.var
    const share = isVisitor(caller) ? VISITORS_IN_FLIGHT_BYTES : MAX_IN_FLIGHT_BYTES
    const longest = MAX_BODY_MS + config.deadlines.total + SETTLED_AFTER_TOTAL_MS
    const bodyBytes = bodies.open(share, Date.now() + longest)
    c.set('bodyBytes', bodyBytes)
    try {
      await next()
    } finally {
      // The Worker holds the body of a relayed call to its end. That of a durable stream is in its object
      // now, and that of a refused call is not needed.
      void Promise.resolve(account.ended).finally(bodyBytes.free)
    }
  }
}
