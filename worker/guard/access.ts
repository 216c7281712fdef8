/**
 * Who may make a call that costs money: holders of an access key. The demo costs nothing, so anyone
 * may ask it; `OPEN_ACCESS` opens a Worker on one's own machine.
 *
 * @example
 *   const caller = await identify(request.headers, config) // 'key:laptop', or an ApiError
 */

import { sha256 } from '../bytes.ts'
import type { AccessKey, Config } from '../config.ts'
import { ApiError } from '../errors.ts'
import { toBytes } from '../sse/encode.ts'

/** For logs: how the caller was let in. */
export type Caller = 'demo' | 'open' | `key:${string}`

export async function identify(headers: Headers, config: Config): Promise<Caller | ApiError> {
  const presented = /^Bearer\s+(\S+)\s*$/i.exec(headers.get('authorization') ?? '')?.[1]
  // A key that is known names its holder, also where none is needed.
  const holder = presented === undefined ? undefined : await holderOf(presented, config.accessKeys)
  if (holder !== undefined) return `key:${holder}`
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
