/**
 * Who may make a call that costs money: holders of an access key, and visitors of a page, with its token. The demo costs
 * nothing, so anyone may ask it; `OPEN_ACCESS` opens a Worker on one's own machine.
 *
 * @example
 *   const caller = await identify(request.headers, config) // 'key:laptop', or an ApiError
 */

import { sha256 } from '../bytes.ts'
import type { AccessKey, Config } from '../config/config.ts'
import { ApiError } from '../errors.ts'
import { toBytes } from '../protocol/encode.ts'
import { looksLikeSession, type Sessions } from '../visitors/session.ts'
import { bearerOf, type Caller } from './caller.ts'

export type { Caller }

/** What tells a visitor: whose tokens are good here, and from which page the request comes (origin.ts). */
export interface Visit {
  sessions: Sessions
  page: string | undefined
  now: number
}

/** @param visit `undefined`: there are no visitors here, and a token is worth nothing */
export async function identify(headers: Headers, config: Config, visit?: Visit): Promise<Caller | ApiError> {
  const presented = bearerOf(headers)
  // A key that is known names its holder, also where none is needed.
  const holder = presented === undefined ? undefined : await holderOf(presented, config.accessKeys)
  if (holder !== undefined) return `key:${holder}`
  if (visit !== undefined && presented !== undefined && looksLikeSession(presented)) {
    // Also where none is needed: who comes back with a token that is over is to hear so, not to be somebody else.
    const visitor = await visit.sessions.read(presented, visit.page, visit.now)
    return visitor instanceof ApiError ? visitor : `visitor:${visitor.id}`
  }
  if (config.upstream.kind === 'demo') return 'demo'
  if (config.openAccess) return 'open'
  return new ApiError(presented === undefined ? 'access_key_required' : 'invalid_access_key', {
    headers: { 'www-authenticate': 'Bearer' },
  })
}

async function holderOf(key: string, known: readonly AccessKey[]): Promise<string | undefined> {
  const hash = toBytes(await sha256(toBytes(key)))
  let holder: string | undefined
  // All of them, each in constant time: how long it takes tells nothing about which one was near.
  for (const { name, sha256 } of known) {
    if (crypto.subtle.timingSafeEqual(hash, toBytes(sha256))) holder = name
  }
  return holder
}
