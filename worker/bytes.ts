/** Bodies as bytes: read whole up to a bound, or identified by a hash. */
import { concat } from './protocol/concat.ts'

/**
 * @param drained how many bytes past the limit are read and dropped. A sender that is answered while it
 *   still sends sees a reset instead of the answer
 * @param keeps whether so many bytes more may be kept. If not, none are, and the rest is read and dropped
 * @throws {RangeError} past `limit` bytes. The body's own errors pass through
 */
export async function readAtMost(
  body: AsyncIterable<Uint8Array> | null,
  limit: number,
  drained = 0,
  keeps: (bytes: number) => boolean = () => true,
): Promise<Uint8Array<ArrayBuffer>> {
  let parts: Uint8Array[] = []
  let length = 0
  let kept = true
  for await (const part of body ?? []) {
    length += part.byteLength
    kept &&= length <= limit && keeps(part.byteLength)
    if (kept) parts.push(part)
    else parts = []
    if (length > limit + drained) break
  }
  if (length > limit) throw new RangeError(`more than ${limit} bytes`)
  return concat(parts)
}

/** @returns 64 lower-case hex digits */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', bytes)
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
