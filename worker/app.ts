/**
 * THE ROUTE MAP: each route with its guards, in order.
 */
import { exports } from 'cloudflare:workers'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { version } from '../package.json'
import { readAtMost } from './bytes.ts'
import { type Config, ConfigError, readConfig, type Vars } from './config.ts'
import { ApiError } from './errors.ts'
import { identify } from './guard/access.ts'
import { type ChatCall, readChatRequest, readQuestion } from './guard/body.ts'
import { MAX_DRAINED_BYTES } from './limits.ts'
import { type Account, account } from './meter/account.ts'
import type { Judge } from './moderation/judge.ts'
import { type Flow, type Outcome, plainText, relay, upstreamModels } from './pipeline.ts'
import { chooseJudge } from './upstream/choose-judge.ts'
import { demo } from './upstream/demo.ts'
import { openai } from './upstream/openai.ts'
import type { Upstream } from './upstream/upstream.ts'
import type { Health, ModelList } from './wire.ts'

interface App {
  Bindings: Vars
  Variables: { account: Account; config: Config; judge: Judge; upstream: Upstream }
}

/** The one method of each route; HEAD goes with GET, OPTIONS with all. */
const ROUTES = {
  '/v1/chat/completions': 'POST',
  '/v1/models': 'GET',
  '/chat': 'POST',
  '/healthz': 'GET',
} as const

export const app = new Hono<App>()

app.use(account(Object.keys(ROUTES)))
app.use(configure())

app.post('/v1/chat/completions', access(), (c) => answer(c, readChatRequest, relay))
app.post('/chat', access(), (c) => answer(c, readQuestion, plainText))
app.get('/v1/models', access(), models)
app.get('/healthz', (c) =>
  c.json({ status: 'ok', version, upstream: c.var.config.upstream.kind } satisfies Health),
)

for (const [path, method] of Object.entries(ROUTES)) {
  const allow = method === 'GET' ? 'GET, HEAD, OPTIONS' : `${method}, OPTIONS`
  app.options(path, (c) => c.body(null, 204, { allow }))
  app.all(path, (c) => refuse(c, new ApiError('method_not_allowed', { headers: { allow } })))
}
app.notFound((c) => refuse(c, new ApiError('not_found')))
app.onError((error, c) => refuse(c, new ApiError('internal_error', { cause: error })))

/** Reads the configuration; a wrong value answers every call with the variable's name, and nothing is spent. */
function configure(): MiddlewareHandler<App> {
  // An isolate keeps one environment: what is read from it once holds.
  const known = new WeakMap<Vars, Pick<App['Variables'], 'config' | 'judge' | 'upstream'>>()
  return async function configure(c, next) {
    let read = known.get(c.env)
    if (read === undefined) {
      try {
        const config = readConfig(c.env)
        const upstream = config.upstream.kind === 'demo' ? demo(config.upstream) : openai(config.upstream)
        read = { config, judge: chooseJudge(config.moderation.api), upstream }
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error
        return refuse(c, new ApiError('configuration_error', { message: error.message }))
      }
      known.set(c.env, read)
    }
    c.set('config', read.config)
    c.set('judge', read.judge)
    c.set('upstream', read.upstream)
    await next()
  }
}

function access(): MiddlewareHandler<App> {
  return async function access(c, next) {
    const caller = await identify(c.req.raw.headers, c.var.config)
    if (caller instanceof ApiError) return refuse(c, caller)
    c.var.account.caller = caller
    await next()
  }
}

/** A question: its body through the guard, its answer through the flow. */
async function answer(
  c: Context<App>,
  read: (request: Request, config: Config) => Promise<ChatCall | ApiError>,
  flow: (chat: ChatCall, flow: Flow) => Promise<Outcome>,
): Promise<Response> {
  const started = Date.now()
  const chat = await read(c.req.raw, c.var.config)
  c.var.account.timing.guard = Date.now() - started
  if (chat instanceof ApiError) return refuse(c, chat)
  c.var.account.model = chat.model
  return deliver(c, (it) => flow(chat, it))
}

async function models(c: Context<App>): Promise<Response> {
  const { config } = c.var
  if (config.models === undefined) return deliver(c, upstreamModels)
  const owned_by = config.upstream.kind === 'demo' ? 'millrace' : 'openai'
  const data = config.models.map((id) => ({ id, object: 'model' as const, created: 0, owned_by }))
  return c.json({ object: 'list', data } satisfies ModelList)
}

/** Runs a flow, and sends what comes of it. */
async function deliver(c: Context<App>, flow: (it: Flow) => Promise<Outcome>): Promise<Response> {
  const { account, config, judge, upstream } = c.var
  const asked = Date.now()
  const it: Flow = {
    upstream,
    deadlines: config.deadlines,
    moderation: { ...config.moderation, judge },
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
      'cache-control': 'no-store, no-transform',
      'x-content-type-options': 'nosniff',
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
