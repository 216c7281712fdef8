/**
 * Gives each request its id and its account. Once the answer has ended, the account becomes one line of the log, off the path
 * of the answer's bytes.
 *
 * @example
 *   app.use(log())
 *   app.get('/x', (c) => { c.var.account.model = 'm'; return c.text('x') })
 */
import type { MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import { type Dataset, type RequestRecord, record } from '../accounting/record.ts'
import type { Tokens } from '../answer/usage.ts'
import type { EndState } from '../protocol/wire.ts'

interface Ended {
  end: EndState
  bytes?: number
  tokens?: Tokens | undefined
}

export interface Account
  extends Partial<
    Pick<RequestRecord, 'caller' | 'model' | 'upstream_status' | 'retries' | 'code' | 'cause'>
  > {
  /** Where the answer is a stream: how it ended, and how much of it there was. */
  ended?: Promise<Ended>
  /** Whether it opens or reads a durable stream. The stream itself is logged when it ends, under the id of the request that opened it. */
  durable?: 'read' | 'opened'
  /** Milliseconds from the request to the call upstream, and from there to its first byte. */
  timing: { guard?: number; upstream?: number }
}

export function log(): MiddlewareHandler<{
  Bindings: { ANALYTICS?: Dataset }
  Variables: { account: Account }
}> {
  return async function log(c, next) {
    const started = Date.now()
    const own: Account = { timing: {} }
    c.set('account', own)
    await next()
    // The upstream's id, if it sent one: its support asks for it.
    const id = c.res.headers.get('x-request-id') ?? `req_${crypto.randomUUID()}`
    const first_byte_ms = Date.now() - started
    c.res.headers.set('x-request-id', id)
    c.res.headers.set('server-timing', serverTiming({ ...own.timing, total: first_byte_ms }))
    const { ended, durable, timing: _, ...known } = own
    if (durable === 'opened') return
    const { status } = c.res
    // Where only middleware matched there is no route. The path itself may hold anything, so it is never logged.
    const pattern = routePath(c, -1)
    const route = pattern === '/*' ? 'none' : pattern

    const settle = async () => {
      const unstreamed = { end: status < 400 ? 'done' : refusedEnd(own.code) } as const
      const { end, bytes, tokens }: Ended = (await ended) ?? unstreamed
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

/** How a request ended that was answered with an error. */
function refusedEnd(code: string | undefined): EndState {
  if (code === 'content_filter') return 'moderated'
  return code === 'caller_left' ? 'stopped' : 'failed'
}

/** [spec] W3C Server Timing: `name;dur=milliseconds`, for what went before the first byte. */
function serverTiming(durations: Record<string, number>): string {
  return Object.entries(durations)
    .map(([name, ms]) => `${name};dur=${ms}`)
    .join(', ')
}
