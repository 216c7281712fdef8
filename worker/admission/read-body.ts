/** A request's body, within bounds: of its size, of the time that it takes, and of what is held. */
import { readAtMost } from '../bytes.ts'
import { ApiError } from '../errors.ts'
import { inTime, LATE } from '../in-time.ts'
import {
  BODY_BYTES_PER_SECOND,
  BODY_MS,
  IN_FLIGHT_RETRY_MS,
  MAX_BODY_MS,
  MAX_DRAINED_BYTES,
} from '../limits.ts'
import type { BodyBytes } from './in-flight.ts'
import { retryHeaders } from './rate-headers.ts'

/**
 * @param most bytes. A body that says it is larger is refused unread
 * @param bodyBytes what may be held of it; `undefined`: as much as `most` allows
 */
export async function readBytes(
  request: Request,
  most: number,
  bodyBytes?: BodyBytes,
): Promise<Uint8Array<ArrayBuffer> | ApiError> {
  const told = lengthOf(request)
  if (told !== undefined && told > most) return tooLarge(most)
  const ms = told === undefined ? MAX_BODY_MS : BODY_MS + (1000 * told) / BODY_BYTES_PER_SECOND
  try {
    const bytes = await inTime(ms, read(request, told, most, bodyBytes))
    if (bytes === LATE) return new ApiError('body_timeout')
    return bytes instanceof ApiError ? bytes : new Uint8Array(bytes)
  } catch (cause) {
    return cause instanceof RangeError ? tooLarge(most) : new ApiError('caller_left', { cause })
  }
}

/** The same as text. */
export async function readText(...body: Parameters<typeof readBytes>): Promise<string | ApiError> {
  const bytes = await readBytes(...body)
  if (bytes instanceof ApiError) return bytes
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
  } catch {
    return new ApiError('invalid_encoding')
  }
}

async function read(
  request: Request,
  told: number | undefined,
  most: number,
  bodyBytes: BodyBytes | undefined,
): Promise<ArrayBuffer | Uint8Array<ArrayBuffer> | ApiError> {
  const take = (bytes: number) => bodyBytes === undefined || bodyBytes.take(bytes)
  const busy = () => new ApiError('server_busy', { headers: retryHeaders(IN_FLIGHT_RETRY_MS) })
  // With a known length there is no need to count, and the runtime reads the body in one go.
  if (told !== undefined) return take(told) ? await request.arrayBuffer() : busy()
  let fits = true
  const bytes = await readAtMost(request.body, most, MAX_DRAINED_BYTES, (part) => {
    fits &&= take(part)
    return fits
  })
  return fits ? bytes : busy()
}

function lengthOf(request: Request): number | undefined {
  const told = request.headers.get('content-length')
  return told === null || !/^\d{1,15}$/.test(told) ? undefined : Number(told)
}

const tooLarge = (most: number) =>
  new ApiError('body_too_large', { message: `The body is larger than ${most} bytes.` })
