/**
 * Derives keys from `SESSION_SECRET`, one for each purpose, so that a signature for one purpose is invalid
 * for another.
 */
import { toBytes } from '../protocol/encode.ts'

export type Purpose = 'session token' | 'address'

/** [spec] RFC 5869 (HKDF). The secret is random and long (config.ts checks that), so it needs no salt. */
export async function deriveKey(secret: string, purpose: Purpose): Promise<CryptoKey> {
  const root = await crypto.subtle.importKey('raw', toBytes(secret), 'HKDF', false, ['deriveKey'])
  return crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: toBytes(`millrace ${purpose}`) },
    root,
    { name: 'HMAC', hash: 'SHA-256', length: 256 },
    false,
    ['sign', 'verify'],
  )
}
