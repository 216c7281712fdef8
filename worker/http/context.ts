/** What the guards find out about a request, for the handlers behind them. */
import type { Context as HonoContext } from 'hono'
import type { Dataset } from '../accounting/record.ts'
import type { BodyBytes } from '../admission/in-flight.ts'
import type { CallerLimits } from '../budget/budget-state.ts'
import type { Vars } from '../config/config.ts'
import { reachCaller } from '../objects/reach.ts'
import type { BurstLimit } from './burst.ts'
import type { CallerId } from './caller.ts'
import type { Parts } from './configure.ts'
import type { Account } from './log.ts'

export interface App {
  Bindings: Vars & { BURST?: BurstLimit; ANALYTICS?: Dataset }
  Variables: Parts & {
    account: Account
    /** The origin of the page that asks, if a page does. */
    page: string | undefined
    caller: CallerId
    /** `undefined`: nothing limits the caller. */
    limits: CallerLimits | undefined
    /** What is held of the request's body. */
    bodyBytes: BodyBytes
  }
}

export type Context = HonoContext<App>

/** The caller's object. */
export const callerOf = (c: Context) => reachCaller(c.var.caller, c.var.config)
