/**
 * Turns a caller's address into a name: the same address always has the same name, and without the secret a
 * name can't be traced back. The address itself is neither stored nor logged.
 *
 * @example
 *   const nameOf = createAddressNames(secret)
 *   await nameOf(addressOf(request)) // 'kX3v…'
 */
import { toBytes } from '../protocol/encode.ts'
import { deriveKey } from './secret.ts'

/**
 * The address that Cloudflare's network saw. Cloudflare overwrites this header; `X-Forwarded-For` can be
 * forged.
 */
export function addressOf(request: Request): string | undefined {
  return request.headers.get('cf-connecting-ip') ?? undefined
}

export function createAddressNames(secret: string): (address: string | undefined) => Promise<string> {
  let key: CryptoKey | undefined
  return async function nameOf(address) {
    key ??= await deriveKey(secret, 'address')
    const mac = await crypto.subtle.sign('HMAC', key, toBytes(networkOf(address)))
    return Array.from(new Uint8Array(mac, 0, NAME_BYTES), (byte) => byte.toString(16).padStart(2, '0')).join(
      '',
    )
  }
}

/** 128 bits: enough that no two addresses share a name. */
const NAME_BYTES = 16

/**
 * The network of one subscriber: an IPv4 address; or an IPv6 /64, in which every machine may use all 2^64
 * addresses. All invalid addresses count as one network, so that a missing address evades no limit.
 */
export function networkOf(address: string | undefined): string {
  if (address === undefined) return 'unknown'
  // [spec] URL, "host parser": validates both forms, and normalises each address.
  const asHost = address.includes(':') ? `http://[${address}]` : `http://${address}`
  const host = URL.canParse(asHost) ? new URL(asHost).hostname : ''
  if (/^\d+(?:\.\d+){3}$/.test(host)) return host
  if (!host.startsWith('[')) return 'unknown'
  const groups = groupsOf(host.slice(1, -1))
  // [spec] RFC 4291, 2.5.5.2: an IPv4-mapped address. All of IPv4 lies in this one /64.
  if (/^0(?:,0){4},65535,/.test(groups.join())) {
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.')
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`
}

/** @param canonical `2001:db8::1`: at most one gap, no dots */
function groupsOf(canonical: string): number[] {
  const [before = '', after] = canonical.split('::')
  const read = (part: string) =>
    part
      .split(':')
      .filter(Boolean)
      .map((group) => Number.parseInt(group, 16))
  const [left, right] = [read(before), read(after ?? '')]
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right]
}
