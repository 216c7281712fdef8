/** What a request knows of itself on its way through the route map. */
import type { Context as HonoContext } from 'hono'
import { reachCaller } from '../caller/reach.ts'
import type { Config, Vars } from '../config.ts'
import type { BurstLimit } from '../guard/burst.ts'
import type { Caller } from '../guard/caller.ts'
import type { CallerLimits } from '../guard/caller-limits.ts'
import type { Grants } from '../guard/grant.ts'
import type { Account } from '../meter/account.ts'
import type { Dataset } from '../meter/record.ts'
import type { Moderating } from '../moderation/moderating.ts'
import type { Upstream } from '../upstream/upstream.ts'

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
