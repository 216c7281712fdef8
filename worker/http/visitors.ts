/** `/v1/sessions` opens a visitor's session, `/v1/usage` tells what a caller has used. */

import { rateHeaders } from '../admission/rate-headers.ts'
import { ApiError } from '../errors.ts'
import { reachAddress, reachCaller } from '../objects/reach.ts'
import type { CallerUsage, Challenge } from '../protocol/wire.ts'
import { grantSession, tooManySessions } from '../visitors/grant.ts'
import { openTo } from './access.ts'
import { type Context, callerOf } from './context.ts'
import { refuse } from './respond.ts'

export async function openSession(c: Context): Promise<Response> {
  const { page, sessions, turnstile, addressName, config } = c.var
  // No session is needed. A refusal would show as an error in the tools of each visitor's browser.
  if (sessions === undefined && openTo(config) !== undefined) return c.body(null, 204)
  const count = async (address: string | undefined) => {
    const name = await addressName?.(address)
    const full = name === undefined ? undefined : await reachAddress(name).countSession()
    return full instanceof ApiError || full === undefined ? full : tooManySessions(full, Date.now())
  }
  const grant = await grantSession(c.req.raw, page, { sessions, turnstile, count }, Date.now())
  if (grant instanceof ApiError) {
    const siteKey = config.visitors.turnstile?.siteKey
    const isOffered = siteKey !== undefined && c.req.query('challenge') !== undefined
    if (grant.code !== 'turnstile_required' || !isOffered) return refuse(c, grant)
    return c.json({ turnstile_site_key: siteKey } satisfies Challenge, 200, { 'cache-control': 'no-store' })
  }
  // Starts the visitor's object now, so that the first question doesn't wait for it.
  c.executionCtx.waitUntil(reachCaller(`visitor:${grant.visitor}`, config).warm())
  return c.json(grant.session, grant.created ? 201 : 200, { 'cache-control': 'no-store' })
}

export async function usage(c: Context): Promise<Response> {
  const limits = c.var.limits ?? { tokensPerDay: undefined, concurrency: undefined, sliced: false }
  const state = await callerOf(c).usage(limits)
  if (state instanceof ApiError) return refuse(c, state)
  const { used, reserved, left, limit, running, concurrency, resetsAt } = state
  const usage: CallerUsage = {
    object: 'usage',
    tokens: { used, reserved, limit: limit ?? null, left: left ?? null },
    calls: { running, limit: concurrency ?? null },
    resets_at: Math.floor(resetsAt / 1000),
    resets_in: Math.max(0, Math.ceil((resetsAt - Date.now()) / 1000)),
  }
  return c.json(usage, 200, { ...rateHeaders(state, Date.now()), 'cache-control': 'no-store' })
}
