/**
 * Gives each request its id and its account: what is known of it when it ends goes to `record`, off
 * the path of its bytes.
 *
 * @example
 *   app.use(account())
 *   app.get('/x', (c) => { c.var.account.model = 'm'; return c.text('x') })
 */
import type { MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import { type Dataset, type RequestRecord, record } from '../accounting/record.ts'
import type { Tokens } from '../answer/usage.ts'
import type { EndState } from '../protocol/wire.ts'

export interface Account
  extends Partial<
    Pick<RequestRecord, 'caller' | 'model' | 'upstream_status' | 'retries' | 'code' | 'cause'>
  > {
  /** Where the answer is a stream: how it ended, and how much of it there was. */
  ended?: Promise<{ end: EndState; bytes?: number; tokens?: Tokens | undefined }>
  /** Opens or reads a durable stream. The stream has a record of its own when it ends, under the id of who opened it. */
  durable?: 'read' | 'opened'
  /** Milliseconds from the request to the call upstream, and from there to its first byte. */
  timing: { guard?: number; upstream?: number }
}

/** @param routes the patterns that may be logged; any other path is `none`, since a path may hold anything */
export function account(routes: readonly string[]): MiddlewareHandler<{
  Bindings: { ANALYTICS?: Dataset }
  Variables: { account: Account }
}> {
  return async function account(c, next) {
    const started = Date.now()
    const own: Account = { timing: {} }
    c.set('account', own)
    await next()
    // The upstream's id, if it has one: the one its support asks for.
    const id = c.res.headers.get('x-request-id') ?? `req_${crypto.randomUUID()}`
    const first_byte_ms = Date.now() - started
    c.res.headers.set('x-request-id', id)
    c.res.headers.set('server-timing', serverTiming({ ...own.timing, total: first_byte_ms }))
    const { ended, durable, timing: _, ...known } = own
    if (durable === 'opened') return
    const { status } = c.res
    const matched = routePath(c, -1)
    const route = routes.includes(matched) ? matched : 'none'

    const settle = async () => {
      const refused = own.code === 'content_filter' ? 'moderated' : 'failed'
      const unstreamed: Awaited<NonNullable<typeof ended>> = { end: status < 400 ? 'done' : refused }
      const { end, bytes, tokens } = (await ended) ?? unstreamed
      const line = {
        id,
        route,
        method: c.req.method,
        status,
        ...known,
        first_byte_ms,
        total_ms: Date.now() - started,
        ...(bytes !== undefined && { bytes }),
        ...tokens,
        ...(durable === undefined && { end }),
      }
      record(line, c.env.ANALYTICS)
    }
    c.executionCtx.waitUntil(settle())
  }
}

/** [spec] W3C Server Timing: `name;dur=milliseconds`, for what went before the first byte. */
function serverTiming(durations: Record<string, number>): string {
  return Object.entries(durations)
    .map(([name, ms]) => `${name};dur=${ms}`)
    .join(', ')
}
