/**
 * THE ROUTE MAP: each route with its guards, in order.
 */
import { exports } from 'cloudflare:workers'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { version } from '../package.json'
import { readAtMost, sha256 } from './bytes.ts'
import { reachCaller } from './caller/reach.ts'
import { isStreamId } from './caller/stream-id.ts'
import { type Config, ConfigError, readConfig, type Vars } from './config.ts'
import { ApiError } from './errors.ts'
import { type Caller, identify } from './guard/access.ts'
import { type ChatCall, readChatRequest, readQuestion, readStreamRequest } from './guard/body.ts'
import { readCursor, readIdempotencyKey } from './guard/stream.ts'
import { MAX_DRAINED_BYTES } from './limits.ts'
import { type Account, account } from './meter/account.ts'
import { type Flow, type Outcome, plainText, relay, upstreamModels } from './pipeline.ts'
import { chooseUpstream } from './upstream/choose.ts'
import type { Upstream } from './upstream/upstream.ts'
import { EVENT_STREAM, type Health, IDEMPOTENT_REPLAYED, type ModelList, STREAM_ID } from './wire.ts'

interface App {
  Bindings: Vars
  Variables: { account: Account; caller: Caller; config: Config; upstream: Upstream }
}

/** What each route answers to, besides OPTIONS. */
const ROUTES = {
  '/v1/chat/completions': ['POST'],
  '/v1/streams': ['GET', 'HEAD', 'POST'],
  '/v1/streams/:id': ['DELETE', 'GET', 'HEAD'],
  '/v1/models': ['GET', 'HEAD'],
  '/chat': ['POST'],
  '/healthz': ['GET', 'HEAD'],
} as const

export const app = new Hono<App>()

app.use(account(Object.keys(ROUTES)))
app.use(configure())

app.post('/v1/chat/completions', access(), (c) => answer(c, readChatRequest, relay))
app.post('/chat', access(), (c) => answer(c, readQuestion, plainText))
app.post('/v1/streams', access(), openStream)
app.get('/v1/streams', access(), warmCaller)
app.get('/v1/streams/:id', access(), followStream)
app.delete('/v1/streams/:id', access(), stopStream)
app.get('/v1/models', access(), models)
app.get('/healthz', (c) =>
  c.json({ status: 'ok', version, upstream: c.var.config.upstream.kind } satisfies Health),
)

for (const [path, methods] of Object.entries(ROUTES)) {
  const allow = [...methods, 'OPTIONS'].join(', ')
  app.options(path, (c) => c.body(null, 204, { allow }))
  app.all(path, (c) => refuse(c, new ApiError('method_not_allowed', { headers: { allow } })))
}
app.notFound((c) => refuse(c, new ApiError('not_found')))
app.onError((error, c) => refuse(c, new ApiError('internal_error', { cause: error })))

/** Reads the configuration; a wrong value answers every call with the variable's name, and nothing is spent. */
function configure(): MiddlewareHandler<App> {
  // An isolate keeps one environment: what is read from it once holds.
  const known = new WeakMap<Vars, Pick<App['Variables'], 'config' | 'upstream'>>()
  return async function configure(c, next) {
    let read = known.get(c.env)
    if (read === undefined) {
      try {
        const config = readConfig(c.env)
        read = { config, upstream: chooseUpstream(config.upstream) }
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error
        return refuse(c, new ApiError('configuration_error', { message: error.message }))
      }
      known.set(c.env, read)
    }
    c.set('config', read.config)
    c.set('upstream', read.upstream)
    await next()
  }
}

function access(): MiddlewareHandler<App> {
  return async function access(c, next) {
    const caller = await identify(c.req.raw.headers, c.var.config)
    if (caller instanceof ApiError) return refuse(c, caller)
    c.set('caller', caller)
    c.var.account.caller = caller
    await next()
  }
}

/** A question: its body through the guard, its answer through the flow. */
async function answer(
  c: Context<App>,
  read: BodyGuard,
  flow: (chat: ChatCall, flow: Flow) => Promise<Outcome>,
): Promise<Response> {
  const chat = await readBody(c, read)
  return chat instanceof ApiError ? refuse(c, chat) : deliver(c, (it) => flow(chat, it))
}

type BodyGuard = (request: Request, config: Config) => Promise<ChatCall | ApiError>

async function readBody(c: Context<App>, read: BodyGuard): Promise<ChatCall | ApiError> {
  const started = Date.now()
  const chat = await read(c.req.raw, c.var.config)
  c.var.account.timing.guard = Date.now() - started
  if (!(chat instanceof ApiError)) c.var.account.model = chat.model
  return chat
}

/** A question whose answer the caller's object keeps. */
async function openStream(c: Context<App>): Promise<Response> {
  const idempotencyKey = readIdempotencyKey(c.req.raw)
  if (idempotencyKey instanceof ApiError) return refuse(c, idempotencyKey)
  const after = readCursor(c.req.raw)
  if (after instanceof ApiError) return refuse(c, after)
  const chat = await readBody(c, readStreamRequest)
  if (chat instanceof ApiError) return refuse(c, chat)
  const { bytes, model } = chat
  const idempotency =
    idempotencyKey === undefined ? undefined : { key: idempotencyKey, hash: await sha256(bytes) }
  const asked = Date.now()
  const opened = await caller(c).open({ bytes, model, idempotency, after })
  c.var.account.timing.upstream = Date.now() - asked
  if (opened instanceof ApiError) return refuse(c, opened)
  const { id, replayed, headers, events } = opened
  c.var.account.durable = replayed ? 'read' : 'opened'
  return eventStream(events, 201, {
    ...headers,
    [STREAM_ID]: id,
    location: `/v1/streams/${id}`,
    ...(replayed && { [IDEMPOTENT_REPLAYED]: 'true' }),
  })
}

async function followStream(c: Context<App>): Promise<Response> {
  const id = c.req.param('id') ?? ''
  const after = readCursor(c.req.raw)
  if (after instanceof ApiError) return refuse(c, after)
  const followed = isStreamId(id) ? await caller(c).follow(id, after) : new ApiError('stream_not_found')
  if (followed instanceof ApiError) return refuse(c, followed)
  c.var.account.durable = 'read'
  // 204 is what ends the asking of a stock EventSource.
  return eventStream(followed.events, followed.events === undefined ? 204 : 200, { [STREAM_ID]: id })
}

async function stopStream(c: Context<App>): Promise<Response> {
  const id = c.req.param('id') ?? ''
  const stopped = isStreamId(id) ? await caller(c).stop(id) : new ApiError('stream_not_found')
  return stopped instanceof ApiError ? refuse(c, stopped) : c.body(null, 204)
}

async function warmCaller(c: Context<App>): Promise<Response> {
  const warmed = await caller(c).warm()
  return warmed instanceof ApiError ? refuse(c, warmed) : c.body(null, 204)
}

/** The caller's object. */
const caller = (c: Context<App>) => reachCaller(c.var.caller, c.var.config)

function eventStream(
  events: ReadableStream<Uint8Array> | undefined,
  status: 200 | 201 | 204,
  headers: Record<string, string>,
): Response {
  return new Response(events ?? null, {
    status,
    headers: { ...headers, ...(events && { 'content-type': EVENT_STREAM }), ...STREAMED },
  })
}

const STREAMED = { 'cache-control': 'no-store, no-transform', 'x-content-type-options': 'nosniff' }

async function models(c: Context<App>): Promise<Response> {
  const { config } = c.var
  if (config.models === undefined) return deliver(c, upstreamModels)
  const owned_by = config.upstream.kind === 'demo' ? 'millrace' : 'openai'
  const data = config.models.map((id) => ({ id, object: 'model' as const, created: 0, owned_by }))
  return c.json({ object: 'list', data } satisfies ModelList)
}

/** Runs a flow, and sends what comes of it. */
async function deliver(c: Context<App>, flow: (it: Flow) => Promise<Outcome>): Promise<Response> {
  const { account, config, upstream } = c.var
  const asked = Date.now()
  const it: Flow = {
    upstream,
    deadlines: config.deadlines,
    caller: c.req.raw.signal,
    count: (request, answer, stream) => exports.Meter.count(request, answer, stream),
  }
  const { delivery, retries } = await flow(it)
  account.timing.upstream = Date.now() - asked
  account.retries = retries
  if (delivery instanceof ApiError) return refuse(c, delivery)
  const { body, ended, status, headers } = delivery
  account.upstream_status = status
  account.ended = ended
  return new Response(body, {
    status,
    headers: {
      ...headers,
      ...STREAMED,
      // A compressor gathers before it sends: said to be as it is, a stream flows at once.
      ...(c.req.path === '/chat' && { 'content-encoding': 'identity' }),
    },
  })
}

async function refuse(c: Context<App>, error: ApiError): Promise<Response> {
  const { account } = c.var
  const { body, bodyUsed } = c.req.raw
  // A caller that is still sending when it is answered sees a reset, and not the answer.
  if (!bodyUsed) await readAtMost(body, 0, MAX_DRAINED_BYTES).catch(() => {})
  account.code = error.code
  if (error.upstreamStatus !== undefined) account.upstream_status = error.upstreamStatus
  // Its name and place alone: a message may quote what was asked.
  if (error.code === 'internal_error' && error.cause instanceof Error) {
    account.cause = `${error.cause.name} ${error.cause.stack?.split('\n')[1]?.trim() ?? ''}`
  }
  return error.toResponse(c.req.path === '/chat' ? 'text' : 'json')
}
