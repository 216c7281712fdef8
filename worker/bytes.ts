/** Bodies as bytes: read whole up to a bound, continued after what was already read, or told apart by a hash. */

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

export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.byteLength, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.byteLength
  }
  return whole
}

/**
 * A stream of `first` and then `rest`, for stages. Where `rest` breaks off it just ends, so that what had come is not dropped on
 * its way through them: an error overtakes what is queued. That it isn't whole they see by what is missing.
 */
export function continued(first: Uint8Array, rest: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = rest.getReader()
  return new ReadableStream({
    start: (controller) => controller.enqueue(first),
    async pull(controller) {
      const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }) as const)
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: (reason) => reader.cancel(reason),
  })
}

/** @returns 64 lower-case hex digits */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', bytes)
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
