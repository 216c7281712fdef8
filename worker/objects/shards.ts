/**
 * A caller's shards: objects of one class that share its streams. Shard 0 is the caller's own object, which
 * also has its budget; the others are named after it. A caller's name has no `#`.
 */
import { exports } from 'cloudflare:workers'
import type { TagOf } from '../streams/stream-id.ts'

export const shardName = (caller: string, shard: number): string =>
  shard === 0 ? caller : `${caller}#${shard}`

export function readShardName(name: string): { caller: string; shard: number } {
  const [caller = '', shard] = name.split('#')
  return { caller, shard: Number(shard ?? 0) }
}

/**
 * How many shards a caller has. Few streams are a visitor's: its own object has them, without a further hop.
 */
export const shardsOf = (caller: string, keyShards: number): number =>
  caller.startsWith('key:') ? keyShards : 1

/** The same shard for the same `Idempotency-Key`, so that a repeated question finds its stream. */
export function chooseShard(idempotencyKey: string | undefined, shards: number): number {
  return shards === 1
    ? 0
    : Number.parseInt(keyed(idempotencyKey ?? crypto.randomUUID()).slice(0, 8), 16) % shards
}

/**
 * The tags of a caller's stream ids. They are keyed by the class's own key, by which the platform makes an
 * object's id of its name. So they are valid for exactly as long as the objects can be found, and no secret
 * has to be set or kept. No object has such a name.
 */
export const tagsOf =
  (caller: string): TagOf =>
  (id) =>
    keyed(`${id} of ${caller}`)

const keyed = (text: string): string => exports.Caller.idFromName(`tag: ${text}`).toString()
