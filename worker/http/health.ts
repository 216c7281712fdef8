/**
 * `GET /healthz`: that this Worker answers. With `?upstream` also whether the upstream does. That costs a
 * request of the owner's, and anyone may ask, so an isolate asks at most once in `HEALTH_INTERVAL_MS`.
 *
 * @example
 *   app.get('/healthz', health())
 */
import type { Handler } from 'hono'
import { version } from '../../package.json'
import { ApiError } from '../errors.ts'
import { HEALTH_DEADLINE_MS, HEALTH_INTERVAL_MS } from '../limits.ts'
import type { Health, UpstreamHealth } from '../protocol/wire.ts'
import { modelsPath, type Upstreams } from '../upstreams/upstream.ts'
import { askForJson } from './ask-for-json.ts'
import type { App, Context } from './context.ts'

interface Asked {
  at: number
  /** `undefined` while it is waited for. A request can't wait for what another request began. */
  health?: UpstreamHealth
}

export function health(): Handler<App> {
  const asked = new WeakMap<Upstreams, Asked>()

  async function upstreamHealth(c: Context): Promise<UpstreamHealth | undefined> {
    const { upstreams } = c.var
    const before = asked.get(upstreams)
    const now = Date.now()
    if (before !== undefined && now - before.at < HEALTH_INTERVAL_MS) return before.health
    // What was known holds until the upstream has answered again.
    const current: Asked = { ...before, at: now }
    asked.set(upstreams, current)
    const found = await askForHealth(c)
    if (found === undefined) asked.delete(upstreams)
    else current.health = found
    return found
  }

  return async function health(c) {
    const { upstream, visitors, runCode } = c.var.config
    const hasTools = upstream.kind === 'demo' || visitors.tools.length > 0
    const pictures = visitors.fields.has(hasTools ? 'input_image' : 'image_url')
    const siteKey = visitors.secret === undefined ? undefined : visitors.turnstile?.siteKey
    const found = c.req.query('upstream') === undefined ? undefined : await upstreamHealth(c)
    const failed = found?.ok === false
    const answer: Health = {
      status: failed ? 'upstream_failed' : 'ok',
      version,
      upstream: upstream.kind,
      ...(hasTools && { api: 'responses' }),
      ...(visitors.suggestions && visitors.secret !== undefined && { suggestions: true }),
      ...(pictures && { pictures }),
      ...(runCode && { run_code: true }),
      ...(found && { upstream_health: found }),
      ...(siteKey !== undefined && { turnstile_site_key: siteKey }),
    }
    return c.json(answer, failed ? 503 : 200, { 'cache-control': 'no-store' })
  }
}

/** @returns `undefined` if the caller left meanwhile */
async function askForHealth(c: Context): Promise<UpstreamHealth | undefined> {
  const { account, wordsFor } = c.var
  const started = Date.now()
  // Of the upstream's words none are shown here.
  const answer = await askForJson(c, {
    method: 'GET',
    path: modelsPath(),
    route: 'models',
    words: wordsFor('visitor:'),
    totalMs: HEALTH_DEADLINE_MS,
  })
  const at = new Date(started).toISOString()
  const ms = Date.now() - started
  if (!(answer instanceof ApiError)) return { ok: true, at, ms }
  const { code, notes } = answer
  Object.assign(account, { code, ...notes })
  return code === 'caller_left' ? undefined : { ok: false, at, ms, code }
}
