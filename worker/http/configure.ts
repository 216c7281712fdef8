/**
 * Gives each request the parts that the configuration makes, such as `c.var.config` and `c.var.upstreams`. A
 * wrong value answers every call with the variable's name, and nothing is spent.
 *
 * @example
 *   app.use(configure())
 */
import type { MiddlewareHandler } from 'hono'
import { type Config, readConfig, type Vars } from '../config/config.ts'
import { ConfigError } from '../config/parsers.ts'
import { type ApiError, misconfigured } from '../errors.ts'
import type { Moderating } from '../moderation/moderating.ts'
import { onceFor } from '../once-for.ts'
import { chooseModeration, chooseUpstreams, chooseWords } from '../upstreams/choose.ts'
import type { Upstreams } from '../upstreams/upstream.ts'
import type { UpstreamWords } from '../upstreams/words.ts'
import { createAddressNames } from '../visitors/address.ts'
import type { Grants } from '../visitors/grant.ts'
import { createSessions } from '../visitors/session.ts'
import { turnstile } from '../visitors/turnstile.ts'
import type { App, Context } from './context.ts'
import { checkOpenAccess } from './loopback.ts'
import { ANY_PAGE, refuse } from './respond.ts'

/** What the configuration makes. */
export interface Parts {
  config: Config
  upstreams: Upstreams
  /** What a caller may read of the upstreams' errors. */
  wordsFor(caller: string): UpstreamWords
  moderation: Moderating
  sessions: Grants['sessions']
  turnstile: Grants['turnstile']
  /** Names an address without telling it: a keyed hash. `undefined` where there are no visitors. */
  addressName: ((address: string | undefined) => Promise<string>) | undefined
}

export function configure(): MiddlewareHandler<App> {
  const partsOf = onceFor(createParts)
  return async function configure(c, next) {
    let parts: Parts
    try {
      parts = partsOf(c.env)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      return refuseMisconfigured(c, misconfigured(error.message))
    }
    for (const [name, part] of Object.entries(parts)) c.set(name as keyof Parts, part)
    const error = checkOpenAccess(c.req.raw, parts.config)
    if (error !== undefined) return refuseMisconfigured(c, error)
    await next()
  }
}

/** Which pages may read a refusal is configuration too, so that of a wrong one is for all. */
function refuseMisconfigured(c: Context, error: ApiError): Promise<Response> {
  return refuse(c, error.withHeaders({ ...error.headers, 'access-control-allow-origin': ANY_PAGE }))
}

function createParts(vars: Vars): Parts {
  const config = readConfig(vars)
  const { secret, turnstile: challenge } = config.visitors
  return {
    config,
    upstreams: chooseUpstreams(config.upstream),
    wordsFor: chooseWords(config),
    moderation: chooseModeration(config.moderation),
    sessions: secret === undefined ? undefined : createSessions(secret),
    turnstile: challenge && turnstile(challenge),
    addressName: secret === undefined ? undefined : createAddressNames(secret),
  }
}
