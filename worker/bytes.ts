/** Bodies as bytes: read whole up to a bound, or told apart by a hash. */
import { concat } from './protocol/concat.ts'

/**
 * @param drained how much past the limit is read and dropped before the body is given up: a sender that is
 *   still sending when it is answered sees a reset, and not the answer
 * @throws {RangeError} past `limit` bytes; whatever the body errors with
 */
export async function readAtMost(
  body: ReadableStream<Uint8Array> | null,
  limit: number,
  drained = 0,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of body ?? []) {
    length += part.byteLength
    if (length <= limit) parts.push(part)
    else if (length > limit + drained) break
  }
  if (length > limit) throw new RangeError(`more than ${limit} bytes`)
  return concat(parts)
}

/** @returns 64 lower-case hex digits */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', bytes)
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
