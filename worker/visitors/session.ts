/**
 * A visitor's token: who it is, from which origin, until when. Signed and not stored, so that any Worker of the deployment
 * knows its own without asking anybody.
 *
 * @example
 *   const sessions = createSessions(secret)
 *   const { token } = await sessions.open('https://example.com', Date.now())
 *   const visitor = await sessions.read(token, 'https://example.com', Date.now()) // or an ApiError
 */
import { sign, verify } from 'hono/jwt'
import { ApiError } from '../errors.ts'
import { MAX_TOKEN_CHARS, SESSION_MS, SESSION_RENEWABLE_MS } from '../limits.ts'
import { isRecord } from '../protocol/json.ts'
import type { Session } from '../protocol/wire.ts'
import { deriveKey } from './secret.ts'

export interface Visitor {
  /** 128 random bits, in base64url. */
  id: string
  /** The page's. */
  origin: string
  /** When its first token was given: seconds since the epoch. */
  since: number
}

export interface Sessions {
  /** A new visitor. */
  open(origin: string, now: number): Promise<Session & { visitor: string }>
  /** A later token of the same visitor; an error once its first one is too old. */
  renew(visitor: Visitor, now: number): Promise<Session | ApiError>
  /** @param page where the request comes from: a token is good from its own origin alone */
  read(token: string, page: string | undefined, now: number): Promise<Visitor | ApiError>
}

const ISSUER = 'millrace'
/** The one algorithm. Whatever else a token's head names, `none` above all, makes it invalid. */
const ALGORITHM = 'HS256'

const ID_BYTES = 16
const ID = /^[\w-]{22}$/

/** @param secret `SESSION_SECRET` */
export function createSessions(secret: string): Sessions {
  let derived: CryptoKey | undefined
  // The key is kept, not the promise of it: a promise belongs to the request that made it.
  const key = async () => {
    derived ??= await deriveKey(secret, 'session token')
    return derived
  }

  async function issue({ id, origin, since }: Visitor, now: number): Promise<Session> {
    const iat = seconds(now)
    const exp = Math.min(iat + seconds(SESSION_MS), since + seconds(SESSION_RENEWABLE_MS))
    const claims = { iss: ISSUER, sub: id, aud: origin, iat, exp, since }
    return { token: await sign(claims, await key(), ALGORITHM), expires_at: exp, expires_in: exp - iat }
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
      // One answer to all that isn't ours: what was wrong with it helps nobody but a forger.
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

/** Whether it is to be read as a token at all: a JWT has three parts, and begins with `{"` in base64. */
export function looksLikeSession(credential: string): boolean {
  return /^eyJ[\w-]*\.[\w-]*\.[\w-]*$/.test(credential)
}

async function verified(token: string, key: CryptoKey): Promise<(Visitor & { exp: number }) | undefined> {
  if (token.length > MAX_TOKEN_CHARS) return undefined
  try {
    // Times are looked at here, not there: the library takes a token without `exp` for one that never ends, and one from a machine
    // whose clock is a second ahead for none.
    const claims = await verify(token, key, {
      alg: ALGORITHM,
      iss: ISSUER,
      exp: false,
      iat: false,
      nbf: false,
    })
    return readClaims(claims)
  } catch {
    // The library's errors quote the token: they end here.
    return undefined
  }
}

function readClaims(claims: unknown): (Visitor & { exp: number }) | undefined {
  if (!isRecord(claims)) return undefined
  const { sub, aud, since, exp } = claims
  if (typeof sub !== 'string' || !ID.test(sub) || typeof aud !== 'string') return undefined
  if (!Number.isSafeInteger(since) || !Number.isSafeInteger(exp)) return undefined
  return { id: sub, origin: aud, since: since as number, exp: exp as number }
}

function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(ID_BYTES))
  const base64 = btoa(String.fromCharCode(...bytes))
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

const seconds = (ms: number) => Math.floor(ms / 1000)
