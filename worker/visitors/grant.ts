/**
 * `POST /v1/sessions`: a token for the visitor of a page. A request with a valid token renews it for the
 * same visitor. Otherwise a new visitor gets one, if the page may have visitors, Turnstile accepts, and the
 * address is below its limits.
 */
import { readAtMost } from '../bytes.ts'
import { ApiError, invalidJson } from '../errors.ts'
import { bearerOf } from '../http/caller.ts'
import { MAX_DRAINED_BYTES, MAX_SESSION_BODY_BYTES } from '../limits.ts'
import { isRecord } from '../protocol/json.ts'
import type { Session } from '../protocol/wire.ts'
import { addressOf } from './address.ts'
import type { Sessions } from './session.ts'
import type { Turnstile } from './turnstile.ts'

export interface Grants {
  /** `undefined`: `SESSION_SECRET` is not set. */
  sessions: Sessions | undefined
  turnstile: Turnstile | undefined
  /** Counts a new visitor for its address. @returns an error if the address has had too many */
  count(address: string | undefined): Promise<ApiError | undefined>
}

export interface Grant {
  session: Session
  /** The visitor's id. */
  visitor: string
  /** Whether the visitor is new: the status is then 201, otherwise 200. */
  created: boolean
}

/** @param page the page's origin, from `pageOf` */
export async function grantSession(
  request: Request,
  page: string | undefined,
  { sessions, turnstile, count }: Grants,
  now: number,
): Promise<Grant | ApiError> {
  if (sessions === undefined) {
    return new ApiError('sessions_unavailable', { notes: { setting: 'SESSION_SECRET' } })
  }
  if (page === undefined) {
    return new ApiError('origin_not_allowed', {
      message: 'Sessions are for pages: the request has no `Origin`. Elsewhere call with an access key.',
    })
  }
  const held = bearerOf(request.headers)
  if (held !== undefined) {
    const visitor = await sessions.read(held, page, now)
    if (visitor instanceof ApiError) return visitor
    const session = await sessions.renew(visitor, now)
    return session instanceof ApiError ? session : { session, visitor: visitor.id, created: false }
  }
  const address = addressOf(request)
  // Turnstile comes before the count: a failed challenge must not use up the address's sessions.
  const error = (turnstile && (await prove(request, page, address, turnstile))) ?? (await count(address))
  if (error !== undefined) return error
  const { visitor, ...session } = await sessions.open(page, now)
  return { session, visitor, created: true }
}

/** The refusal that `Grants.count` returns for an exceeded limit. */
export function tooManySessions(
  { limit, freeAt }: { limit: { name: string; most: number }; freeAt: number },
  now: number,
): ApiError {
  const ms = Math.max(1, freeAt - now)
  const seconds = Math.ceil(ms / 1000)
  return new ApiError('too_many_sessions', {
    message: `${limit.most} sessions a ${limit.name} are the most for one address: the next can be had in ${seconds} s.`,
    // The page shows when to try again, so the SDK must not retry by itself.
    headers: { 'retry-after': String(seconds), 'retry-after-ms': String(ms), 'x-should-retry': 'false' },
  })
}

async function prove(
  request: Request,
  page: string,
  address: string | undefined,
  turnstile: Turnstile,
): Promise<ApiError | undefined> {
  const token = await readTurnstileToken(request)
  return token instanceof ApiError ? token : turnstile(token, page, address)
}

async function readTurnstileToken(request: Request): Promise<string | ApiError> {
  let text = ''
  let body: unknown
  try {
    const bytes = await readAtMost(request.body, MAX_SESSION_BODY_BYTES, MAX_DRAINED_BYTES)
    if (bytes.byteLength === 0) return new ApiError('turnstile_required')
    text = new TextDecoder().decode(bytes)
    body = JSON.parse(text)
  } catch (cause) {
    if (cause instanceof RangeError) return new ApiError('body_too_large')
    return cause instanceof SyntaxError ? invalidJson(text) : new ApiError('caller_left', { cause })
  }
  const token = isRecord(body) ? body.turnstile_token : undefined
  if (token === undefined || token === null || token === '') return new ApiError('turnstile_required')
  if (typeof token === 'string') return token
  return new ApiError('invalid_parameter', {
    message: '`turnstile_token` must be text.',
    param: 'turnstile_token',
  })
}
