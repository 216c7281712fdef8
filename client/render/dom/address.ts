/** Addresses that a model wrote: which ones may be followed or loaded, and how they are shown. */

export interface AddressRules {
  /** Whether a link may be relative to the page. Otherwise it is shown without being one. */
  relativeLinks?: boolean
  /** The origins that images may be loaded from. Any other image is shown as its text and its address. */
  imageOrigins?: readonly string[]
}

const WEB = ['http:', 'https:']
const FOLLOWED = [...WEB, 'mailto:']

/** More of an address than this is not shown. */
const SHOWN_CHARS = 60

/**
 * Whether a link may lead there. The browser's own parser decides what the scheme is, whatever it is disguised as. An
 * address that would be another one in another page, as `https:/logout` is, leads nowhere.
 */
export function mayFollow(href: string, base: string, rules: AddressRules): boolean {
  const absolute = parse(href)
  if (absolute) return FOLLOWED.includes(absolute.protocol) && parse(href, base)?.href === absolute.href
  return rules.relativeLinks === true && WEB.includes(parse(href, base)?.protocol ?? '')
}

/** Whether an image may be loaded: asking for it tells its server what the conversation is about. */
export function mayLoad(src: string, base: string, rules: AddressRules): boolean {
  const url = parse(src, base)
  return url !== undefined && WEB.includes(url.protocol) && (rules.imageOrigins ?? []).includes(url.origin)
}

/** What is shown beside a link so that its text hides nothing; '' where the text is the address itself. */
export function shownAddress(href: string, text: string): string {
  const bare = (address: string) =>
    address
      .trim()
      .replace(/^(?:https?:\/\/|mailto:)/i, '')
      .replace(/\/$/, '')
  const url = parse(href)
  const web = url && WEB.includes(url.protocol) ? url : undefined
  // What stands before an `@` looks like the host, and is none.
  if (bare(href) === bare(text) && !web?.username && !web?.password) return ''
  if (!web) return cutShort(href.replace(/^mailto:/i, ''))
  // The host as the browser reads it: what looks like another one doesn't here. Whose it is, its end says.
  const { host, pathname, search, hash } = web
  const shown = host.length > SHOWN_CHARS ? `…${host.slice(1 - SHOWN_CHARS)}` : host
  return shown + cutShort(`${pathname}${search}${hash}`.replace(/\/$/, ''), SHOWN_CHARS - shown.length)
}

export function cutShort(address: string, chars = SHOWN_CHARS): string {
  return address.length > chars ? `${address.slice(0, Math.max(0, chars - 1))}…` : address
}

function parse(address: string, base?: string): URL | undefined {
  return URL.parse(address, base) ?? undefined
}
