/**
 * Gives each request its id and its account. Once the answer has ended, the account becomes one line of the
 * log, off the path of the answer's bytes.
 *
 * @example
 *   app.use(log())
 *   app.get('/x', (c) => { c.var.account.model = 'm'; return c.text('x') })
 */
import type { MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import type { CallAccount } from '../accounting/charge.ts'
import { type Dataset, type RequestRecord, record } from '../accounting/record.ts'
import type { Notes } from '../errors.ts'
import { LOGGED_AFTER_LEAVING_MS } from '../limits.ts'
import type { EndState } from '../protocol/wire.ts'
import { originOf } from './origin.ts'

export interface Account
  extends Partial<Pick<RequestRecord, 'caller' | 'model' | 'upstream' | 'code' | keyof Notes>> {
  /** Where the request is a call, or its answer a stream: how it ended, and what it came to. */
  ended?: Promise<Partial<CallAccount>>
  /**
   * Whether it opens or reads a durable stream. The stream itself is logged when it ends, under the id of the
   * request that opened it.
   */
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
    const origin = originOf(c.req.raw.headers)
    c.set('account', own)
    const { promise: answered, resolve: answer } = Promise.withResolvers<Answered>()

    async function write(): Promise<void> {
      const left = longGone(c.req.raw.signal, answered).then((): Answered => {
        own.code = 'caller_left'
        return { id: newId(), status: 499 }
      })
      const { id, status, first_byte_ms } = await Promise.race([answered, left])
      const { ended, durable, timing: _, ...known } = own
      if (durable === 'opened') return
      // Where only middleware matched there is no route. The path itself may hold anything, so it is never
      // logged.
      const pattern = routePath(c, -1)
      const { end, bytes, tokens, charged, error, firstToken } = (await ended) ?? {}
      const line = {
        ts: new Date(started).toISOString(),
        id,
        route: pattern === '/*' ? 'none' : pattern,
        method: c.req.method,
        status,
        ...(origin !== undefined && { origin }),
        ...known,
        ...(error && { code: error.code, ...error.notes }),
        ...(first_byte_ms !== undefined && { first_byte_ms }),
        ...(firstToken !== undefined && { first_token_ms: firstToken - started }),
        total_ms: Date.now() - started,
        ...(bytes !== undefined && { bytes }),
        ...tokens,
        ...(charged !== undefined && { charged_tokens: charged }),
        ...(durable === undefined && { end: end ?? (status < 400 ? 'done' : refusedEnd(own.code)) }),
      }
      record(line, c.env.ANALYTICS)
    }

    // From the start: what else keeps an invocation may end with the caller, before this line is written.
    c.executionCtx.waitUntil(write())
    await next()
    // The upstream's id, if it sent one: its support asks for it.
    const id = c.res.headers.get('x-request-id') ?? newId()
    const first_byte_ms = Date.now() - started
    c.res.headers.set('x-request-id', id)
    c.res.headers.set('server-timing', serverTiming({ ...own.timing, total: first_byte_ms }))
    answer({ id, status: c.res.status, first_byte_ms })
  }
}

interface Answered {
  id: string
  status: number
  /** Absent where there is no answer. */
  first_byte_ms?: number
}

/** Resolves a while after the caller left; never, if there is an answer before. */
function longGone(clientGone: AbortSignal, answered: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const leave = () => {
      const timer = setTimeout(resolve, LOGGED_AFTER_LEAVING_MS)
      void answered.then(() => clearTimeout(timer))
    }
    if (clientGone.aborted) leave()
    clientGone.addEventListener('abort', leave)
    void answered.then(() => clientGone.removeEventListener('abort', leave))
  })
}

const newId = () => `req_${crypto.randomUUID()}`

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
