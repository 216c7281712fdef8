/** Bodies as bytes: read whole up to a bound, or begun again with what was already read. */

/** @throws {RangeError} past `limit` bytes; whatever the body errors with */
export async function readAtMost(
  body: ReadableStream<Uint8Array> | null,
  limit: number,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  // Leaving the loop by a throw cancels the body: nothing more is received than is kept.
  for await (const part of body ?? []) {
    length += part.byteLength
    if (length > limit) throw new RangeError(`more than ${limit} bytes`)
    parts.push(part)
  }
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.byteLength
  }
  return whole
}

/** A stream of `first` and then `rest`. JavaScript sees each chunk: for streams that are transformed anyway. */
export function prepend<T>(first: T, rest: ReadableStream<T>): ReadableStream<T> {
  const reader = rest.getReader()
  return new ReadableStream({
    start: (controller) => controller.enqueue(first),
    async pull(controller) {
      const { done, value } = await reader.read()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: (reason) => reader.cancel(reason),
  })
}
