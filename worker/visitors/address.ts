/**
 * Where a call comes from, as a name that says nothing: the same address has the same name, and nobody gets from the name to the
 * address, who hasn't the secret. The address itself is stored and logged nowhere.
 *
 * @example
 *   const nameOf = createAddressNames(secret)
 *   await nameOf(addressOf(request)) // 'kX3v…'
 */
import { toBytes } from '../protocol/encode.ts'
import { deriveKey } from './secret.ts'

/** As Cloudflare's network saw it: it replaces what a caller writes there. `X-Forwarded-For` anyone can write. */
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

/** 128 bits: enough that no two of all addresses share a name. */
const NAME_BYTES = 16

/**
 * The network that one subscriber has: an IPv4 address, or an IPv6 /64, of which every machine may use all 2^64. What is no
 * address is one network together, so that nobody gets out of a limit by having none.
 */
export function networkOf(address: string | undefined): string {
  if (address === undefined) return 'unknown'
  // [spec] URL, "host parser": checks both forms, and brings each address to one spelling.
  const asHost = address.includes(':') ? `http://[${address}]` : `http://${address}`
  const host = URL.canParse(asHost) ? new URL(asHost).hostname : ''
  if (/^\d+(?:\.\d+){3}$/.test(host)) return host
  if (!host.startsWith('[')) return 'unknown'
  const groups = groupsOf(host.slice(1, -1))
  // [spec] RFC 4291, 2.5.5.2: an IPv4 address in IPv6's form. All of IPv4 lies in this one /64.
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
