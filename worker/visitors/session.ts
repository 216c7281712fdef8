/**
 * A visitor's token: its id, its origin, its expiry. Tokens are signed and not stored, so that any Worker of
 * the deployment can verify them on its own.
 *
 * @example
 *   const sessions = createSessions(secret)
 *   const { token } = await sessions.open('https://example.com', Date.now())
 *   const visitor = await sessions.read(token, 'https://example.com', Date.now()) // or an ApiError
 */
import { ApiError } from '../errors.ts'
import { MAX_TOKEN_CHARS, SESSION_MS, SESSION_RENEWABLE_MS } from '../limits.ts'
import { toBase64Url } from '../protocol/base64url.ts'
import { isRecord } from '../protocol/json.ts'
import type { Session } from '../protocol/wire.ts'
import { sign, verify } from './jwt.ts'
import { deriveKey } from './secret.ts'

export interface Visitor {
  /** 128 random bits, in base64url. */
  id: string
  /** The page's origin. */
  origin: string
  /** When the first token was issued: seconds since the epoch. */
  since: number
}

export interface Sessions {
  /** Issues a token for a new visitor. */
  open(origin: string, now: number): Promise<Session & { visitor: string }>
  /** Issues a later token for the same visitor; an error if its first token is too old. */
  renew(visitor: Visitor, now: number): Promise<Session | ApiError>
  /** @param page the origin of the request: a token is valid only from its own origin */
  read(token: string, page: string | undefined, now: number): Promise<Visitor | ApiError>
}

const ISSUER = 'millrace'

const ID_BYTES = 16
const ID = /^[\w-]{22}$/

/** @param secret `SESSION_SECRET` */
export function createSessions(secret: string): Sessions {
  let derived: CryptoKey | undefined
  // The key is cached, not its promise: a promise belongs to the request that created it.
  const key = async () => {
    derived ??= await deriveKey(secret, 'session token')
    return derived
  }

  async function issue({ id, origin, since }: Visitor, now: number): Promise<Session> {
    const iat = seconds(now)
    const exp = Math.min(iat + seconds(SESSION_MS), since + seconds(SESSION_RENEWABLE_MS))
    const claims = { iss: ISSUER, sub: id, aud: origin, iat, exp, since }
    return { token: await sign(claims, await key()), expires_at: exp, expires_in: exp - iat }
  }

  return {
    async open(origin, now) {
      const visitor = randomId()
      return { visitor, ...(await issue({ id: visitor, origin, since: seconds(now) }, now)) }
    },

    async renew(visitor, now) {
      if (visitor.since + seconds(SESSION_RENEWABLE_MS) <= seconds(now)) return refused('session_expired')
      return issue(visitor, now)
    },

    async read(token, page, now) {
      const claims = await verified(token, await key())
      // All invalid tokens get the same error: details would help only a forger.
      if (claims === undefined) return refused('invalid_session')
      if (claims.exp <= seconds(now)) return refused('session_expired')
      if (claims.origin === page) return { id: claims.id, origin: claims.origin, since: claims.since }
      return refused('invalid_session', { message: 'This session belongs to a page of another origin.' })
    },
  }
}

// [spec] RFC 6750, 3.1.
const refused = (code: 'invalid_session' | 'session_expired', details: { message?: string } = {}) =>
  new ApiError(code, { ...details, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } })

/** Whether a credential looks like a token: a JWT has three parts, and begins with `{"` in base64. */
export function looksLikeSession(credential: string): boolean {
  return /^eyJ[\w-]*\.[\w-]*\.[\w-]*$/.test(credential)
}

async function verified(token: string, key: CryptoKey): Promise<(Visitor & { exp: number }) | undefined> {
  if (token.length > MAX_TOKEN_CHARS) return undefined
  try {
    return readClaims(await verify(token, key))
  } catch {
    return undefined
  }
}

function readClaims(claims: unknown): (Visitor & { exp: number }) | undefined {
  if (!isRecord(claims)) return undefined
  const { iss, sub, aud, since, exp } = claims
  if (iss !== ISSUER) return undefined
  if (typeof sub !== 'string' || !ID.test(sub) || typeof aud !== 'string') return undefined
  if (!Number.isSafeInteger(since) || !Number.isSafeInteger(exp)) return undefined
  return { id: sub, origin: aud, since: since as number, exp: exp as number }
}

const randomId = () => toBase64Url(crypto.getRandomValues(new Uint8Array(ID_BYTES)))

const seconds = (ms: number) => Math.floor(ms / 1000)
