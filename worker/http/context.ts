/** What a request knows of itself on its way through the route map. */
import type { Context as HonoContext } from 'hono'
import type { Dataset } from '../accounting/record.ts'
import type { CallerLimits } from '../admission/caller-limits.ts'
import type { Config, Vars } from '../config/config.ts'
import type { Moderating } from '../moderation/moderating.ts'
import { reachCaller } from '../objects/reach.ts'
import type { Upstream } from '../upstreams/upstream.ts'
import type { Grants } from '../visitors/grant.ts'
import type { Account } from './account.ts'
import type { BurstLimit } from './burst.ts'
import type { Caller } from './caller.ts'

/** What the configuration comes to: made once, and kept as long as the isolate. */
export interface Parts {
  config: Config
  upstream: Upstream
  moderation: Moderating
  sessions: Grants['sessions']
  turnstile: Grants['turnstile']
  /** The name of an address, which says nothing of it; `undefined` where there are no visitors. */
  addressName: ((address: string | undefined) => Promise<string>) | undefined
}

export interface App {
  Bindings: Vars & { BURST?: BurstLimit; ANALYTICS?: Dataset }
  Variables: Parts & {
    account: Account
    /** The origin of the page that asks, if one does. */
    page: string | undefined
    caller: Caller
    /** `undefined`: none. */
    limits: CallerLimits | undefined
  }
}

export type Context = HonoContext<App>

/** The caller's object. */
export const callerOf = (c: Context) => reachCaller(c.var.caller, c.var.config)
