/**
 * JSON web tokens with one header: HMAC with SHA-256. A token with any other header, such as one that names
 * the algorithm `none`, is refused by its first characters: no token chooses how it is verified.
 *
 * [spec] RFC 7519; RFC 7515, 3.1 (its three parts).
 */
import { fromBase64Url, toBase64Url } from '../protocol/base64url.ts'
import { toBytes } from '../protocol/encode.ts'

const HEADER = toBase64Url(toBytes('{"alg":"HS256","typ":"JWT"}'))
const TOKEN = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/

/** @param key for HMAC with SHA-256 */
export async function sign(claims: object, key: CryptoKey): Promise<string> {
  const signed = `${HEADER}.${toBase64Url(toBytes(JSON.stringify(claims)))}`
  const signature = await crypto.subtle.sign('HMAC', key, toBytes(signed))
  return `${signed}.${toBase64Url(new Uint8Array(signature))}`
}

/**
 * @returns the claims, whatever they say: their times are the caller's to check
 * @throws if the token isn't signed with this key, or isn't a token
 */
export async function verify(token: string, key: CryptoKey): Promise<unknown> {
  const [, header, claims = '', signature = ''] = TOKEN.exec(token) ?? []
  if (header !== HEADER) throw new TypeError('The token has another header.')
  const signed = toBytes(`${header}.${claims}`)
  // Compares in constant time.
  const isValid = await crypto.subtle.verify('HMAC', key, fromBase64Url(signature), signed)
  if (!isValid) throw new TypeError('The token has another signature.')
  return JSON.parse(new TextDecoder().decode(fromBase64Url(claims)))
}
