/**
 * How many bytes of request bodies an isolate holds at once: from the read of a body to the end of its call,
 * because the call keeps the body and what was parsed of it. A body that doesn't fit is refused, so that many
 * large ones at once can't use up the isolate's memory and end everybody's answers.
 *
 * @example
 *   const inFlight = createInFlight(MAX_IN_FLIGHT_BYTES)
 *   const body = inFlight.open(MAX_IN_FLIGHT_BYTES / 2, Date.now() + 60_000)
 *   if (!body.take(4096)) … // too much is held by others
 *   body.free()
 */

/** The bytes of one body. */
export interface BodyBytes {
  /** @returns whether so many bytes more may be held; if not, none are added */
  take(bytes: number): boolean
  /** Frees all. Only the first time counts. */
  free(): void
}

export interface InFlight {
  /**
   * @param share with more than this held by all, nothing is taken for this body: less than the whole for
   *   callers who must leave room for others
   * @param until when the bytes are free again, should `free` never be called: a runtime may drop a request
   *   without running its code to the end
   */
  open(share: number, until: number): BodyBytes
}

interface Held {
  bytes: number
  until: number
}

export function createInFlight(most: number, now: () => number = Date.now): InFlight {
  const open = new Set<Held>()
  let held = 0

  function free(body: Held): void {
    held -= body.bytes
    body.bytes = 0
    open.delete(body)
  }

  function freeExpired(): void {
    const time = now()
    for (const body of open) if (body.until <= time) free(body)
  }

  return {
    open(share, until) {
      const body = { bytes: 0, until }
      return {
        take(bytes) {
          const room = Math.min(share, most) - bytes
          if (held > room) freeExpired()
          if (held > room) return false
          held += bytes
          body.bytes += bytes
          open.add(body)
          return true
        },
        free: () => free(body),
      }
    },
  }
}
