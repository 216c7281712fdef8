/**
 * Who may make a call that costs money: holders of an access key, and visitors of a page, by its token. The
 * demo costs nothing, so anyone may ask it; `OPEN_ACCESS` opens a Worker on one's own machine.
 *
 * @example
 *   app.get('/x', access(), (c) => c.text(c.var.caller)) // 'key:laptop', or a 401 before it
 */
import type { MiddlewareHandler } from 'hono'
import { limitsFor } from '../admission/caller-limits.ts'
import { sha256 } from '../bytes.ts'
import type { AccessKey, Config } from '../config/config.ts'
import { ApiError } from '../errors.ts'
import { toBytes } from '../protocol/encode.ts'
import { looksLikeSession, type Sessions } from '../visitors/session.ts'
import { bearerOf, type CallerId } from './caller.ts'
import type { App } from './context.ts'
import { refuse } from './respond.ts'

/** What tells a visitor: who signs tokens here, and the page that the request comes from (pages.ts). */
export interface Visit {
  sessions: Sessions
  page: string | undefined
  now: number
}

/** Sets `c.var.caller`, and in `c.var.limits` what that caller may take. */
export function access(): MiddlewareHandler<App> {
  return async function access(c, next) {
    const { account, config, page, sessions } = c.var
    const visit = sessions && { sessions, page, now: Date.now() }
    const caller = await identify(c.req.raw.headers, config, visit)
    if (caller instanceof ApiError) {
      // A page's visitor has no key, so its owner has to let visitors in.
      if (page !== undefined && sessions === undefined) account.setting = 'SESSION_SECRET'
      return refuse(c, caller)
    }
    c.set('caller', caller)
    account.caller = caller
    c.set('limits', limitsFor(caller, config))
    await next()
  }
}

/** @param visit `undefined`: there are no visitors here, so a token is worth nothing */
export async function identify(
  headers: Headers,
  config: Config,
  visit?: Visit,
): Promise<CallerId | ApiError> {
  const presented = bearerOf(headers)
  // A known key names its holder also where no key is needed.
  const holder = presented === undefined ? undefined : await holderOf(presented, config.accessKeys)
  if (holder !== undefined) return `key:${holder}`
  if (visit !== undefined && presented !== undefined && looksLikeSession(presented)) {
    // An expired token is refused also where none is needed: its visitor must not become another caller
    // unnoticed.
    const visitor = await visit.sessions.read(presented, visit.page, visit.now)
    return visitor instanceof ApiError ? visitor : `visitor:${visitor.id}`
  }
  const anyone = openTo(config)
  if (anyone !== undefined) return anyone
  return new ApiError(presented === undefined ? 'access_key_required' : 'invalid_access_key', {
    headers: { 'www-authenticate': 'Bearer' },
  })
}

/** The caller that anyone is, where no key and no session is needed. */
export function openTo({ upstream, openAccess }: Config): 'demo' | 'open' | undefined {
  if (upstream.kind === 'demo') return 'demo'
  return openAccess ? 'open' : undefined
}

async function holderOf(key: string, known: readonly AccessKey[]): Promise<string | undefined> {
  const hash = toBytes(await sha256(toBytes(key)))
  let holder: string | undefined
  // Compares with all of them, each in constant time: the duration must not tell which one was near.
  for (const { name, sha256 } of known) {
    if (crypto.subtle.timingSafeEqual(hash, sha256)) holder = name
  }
  return holder
}
