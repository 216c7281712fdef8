/**
 * THE ROUTE MAP: each route with its guards, in order.
 */
import { Hono, type MiddlewareHandler } from 'hono'
import { version } from '../package.json'
import { readChatRequest, readQuestion } from './admission/body.ts'
import { limitsFor } from './admission/caller-limits.ts'
import { plainText, relay } from './answer/pipeline.ts'
import type { Vars } from './config/config.ts'
import { ConfigError } from './config/config-values.ts'
import { createParts } from './config/parts.ts'
import { ApiError } from './errors.ts'
import { identify } from './http/access.ts'
import { account } from './http/account.ts'
import { checkBurst } from './http/burst.ts'
import { answer, models } from './http/chat.ts'
import type { App, Context, Parts } from './http/context.ts'
import { checkOpenAccess } from './http/loopback.ts'
import { corsHeaders, pageOf, preflightHeaders } from './http/origin.ts'
import { refuse } from './http/respond.ts'
import { followStream, openStream, stopStream, warmCaller } from './http/streams.ts'
import { openSession, usage } from './http/visitors.ts'
import type { Health } from './protocol/wire.ts'
import { addressOf } from './visitors/address.ts'

/** What each route answers to, besides OPTIONS. */
const ROUTES = {
  '/v1/chat/completions': ['POST'],
  '/v1/streams': ['GET', 'HEAD', 'POST'],
  '/v1/streams/:id': ['DELETE', 'GET', 'HEAD'],
  '/v1/models': ['GET', 'HEAD'],
  '/v1/sessions': ['POST'],
  '/v1/usage': ['GET', 'HEAD'],
  '/chat': ['POST'],
  '/healthz': ['GET', 'HEAD'],
} as const

export const app = new Hono<App>()

app.use(account(Object.keys(ROUTES)))
app.use(configure())
app.use(pages())

app.post('/v1/chat/completions', access(), (c) => answer(c, readChatRequest, relay))
app.post('/chat', access(), (c) => answer(c, readQuestion, plainText))
app.post('/v1/streams', access(), openStream)
app.get('/v1/streams', access(), warmCaller)
app.get('/v1/streams/:id', access(), followStream)
app.delete('/v1/streams/:id', access(), stopStream)
app.get('/v1/models', access(), models)
app.get('/v1/usage', access(), usage)
app.post('/v1/sessions', openSession)
app.get('/healthz', healthz)

for (const [path, methods] of Object.entries(ROUTES)) {
  const allow = [...methods, 'OPTIONS'].join(', ')
  app.options(path, (c) => c.body(null, 204, { allow, ...preflightHeaders(c.req.raw, allow) }))
  app.all(path, (c) => refuse(c, new ApiError('method_not_allowed', { headers: { allow } })))
}
app.notFound((c) => refuse(c, new ApiError('not_found')))
app.onError((error, c) => refuse(c, new ApiError('internal_error', { cause: error })))

/** Reads the configuration; a wrong value answers every call with the variable's name, and nothing is spent. */
function configure(): MiddlewareHandler<App> {
  // An isolate keeps one environment: what is read from it once holds.
  const known = new WeakMap<Vars, Parts>()
  return async function configure(c, next) {
    let parts = known.get(c.env)
    if (parts === undefined) {
      try {
        parts = createParts(c.env)
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error
        return refuse(c, new ApiError('configuration_error', { message: error.message }))
      }
      known.set(c.env, parts)
    }
    for (const [name, part] of Object.entries(parts)) c.set(name as keyof Parts, part)
    const open = checkOpenAccess(c.req.raw, parts.config)
    if (open !== undefined) return refuse(c, open)
    await next()
  }
}

/** Which page asks: a foreign one is refused, and an allowed one may read the answer, whatever it is. */
function pages(): MiddlewareHandler<App> {
  return async function pages(c, next) {
    const page = pageOf(c.req.raw, c.var.config.allowedOrigins)
    if (page instanceof ApiError) c.res = await refuse(c, page)
    else {
      c.set('page', page)
      await next()
    }
    const headers = corsHeaders(page instanceof ApiError ? undefined : page)
    for (const [name, value] of Object.entries(headers)) c.res.headers.set(name, value)
  }
}

/** Who asks, and what they may take. */
function access(): MiddlewareHandler<App> {
  return async function access(c, next) {
    const { config, page, sessions, addressName } = c.var
    const visit = sessions && { sessions, page, now: Date.now() }
    const caller = await identify(c.req.raw.headers, config, visit)
    if (caller instanceof ApiError) return refuse(c, caller)
    c.set('caller', caller)
    c.var.account.caller = caller
    c.set('limits', limitsFor(caller, config))
    if (caller.startsWith('visitor:')) {
      const address = await addressName?.(addressOf(c.req.raw))
      const error = await checkBurst(c.env.BURST, [caller, `address:${address}`])
      if (error !== undefined) return refuse(c, error)
    }
    await next()
  }
}

function healthz(c: Context): Response {
  const { upstream, visitors } = c.var.config
  const siteKey = visitors.secret === undefined ? undefined : visitors.turnstile?.siteKey
  return c.json({
    status: 'ok',
    version,
    upstream: upstream.kind,
    ...(siteKey !== undefined && { turnstile_site_key: siteKey }),
  } satisfies Health)
}
