/** Decides which addresses in model output may be followed or loaded, and how they are displayed. */

export interface AddressRules {
  /**
   * Whether links may be relative to the page. If not, a relative link is shown as text that leads nowhere.
   */
  relativeLinks?: boolean
  /**
   * The origins that images may be loaded from. An image from any other origin is shown as its alternative
   * text and its address.
   */
  imageOrigins?: readonly string[]
}

const WEB = ['http:', 'https:']
const FOLLOWED = [...WEB, 'mailto:']

/** Longest address that is displayed in full. */
const SHOWN_CHARS = 60

/**
 * Whether a link may lead to `href`. The browser's own parser decides the scheme, so a disguised one is seen
 * through.
 * An address that resolves differently on another page, as `https:/logout` does, is refused.
 */
export function mayFollow(href: string, base: string, rules: AddressRules): boolean {
  const absolute = parse(href)
  if (absolute) return FOLLOWED.includes(absolute.protocol) && parse(href, base)?.href === absolute.href
  return rules.relativeLinks === true && WEB.includes(parse(href, base)?.protocol ?? '')
}

/** Whether an image may be loaded. Loading it tells its server what the conversation is about. */
export function mayLoad(src: string, base: string, rules: AddressRules): boolean {
  const url = parse(src, base)
  return url !== undefined && WEB.includes(url.protocol) && (rules.imageOrigins ?? []).includes(url.origin)
}

/** A name with a dot, a scheme or a user: the browsers' dots are those of all scripts. [unicode] UTS #46 */
const NAMES_ADDRESS = /[\p{L}\p{M}\p{N}][.\u3002\uff0e\uff61]\p{L}|\d\.\d+\.\d|[\p{L}\d]:\S|\/\/|\\\\|\S@\S/u

/**
 * What is displayed beside a link, so that the link's text can't hide its destination: its host. If the text
 * names an address itself, and another one than this, it is the whole address. It is '' if the text is that
 * address or that host, with the host as the browser reads it. `bank.test%2eevil.test`, `0x7f.1` and a user
 * name before `@` are read as another host than they seem to be.
 */
export function shownAddress(href: string, text: string): string {
  const bare = (address: string) =>
    address
      .trim()
      .replace(/^(?:https?:\/\/|mailto:)/i, '')
      .replace(/\/$/, '')
  const hostIn = (address: string) => bare(address).split(/[/?#]/, 1)[0]?.toLowerCase()
  const web = webOf(href)
  const isWhole = bare(text) === bare(href)
  if (!web) return isWhole ? '' : cutShort(href.replace(/^mailto:/i, ''))
  const isHost = bare(text).toLowerCase() === web.host && hostIn(href) === web.host
  if (isHost || (isWhole && hostIn(text) === web.host)) return ''
  // Show the host as the browser parses it, which reveals look-alike letters. Cut it at its start: its end
  // names the owner.
  const { host, pathname, search, hash } = web
  const shown = host.length > SHOWN_CHARS ? `…${host.slice(1 - SHOWN_CHARS)}` : host
  if (!NAMES_ADDRESS.test(text)) return shown
  return shown + cutShort(`${pathname}${search}${hash}`.replace(/\/$/, ''), SHOWN_CHARS - shown.length)
}

/** The whole address of a link, as the browser reads it. */
export const wholeAddress = (href: string): string => webOf(href)?.href ?? href

function webOf(href: string): URL | undefined {
  const url = parse(href)
  return url && WEB.includes(url.protocol) ? url : undefined
}

export function cutShort(address: string, chars = SHOWN_CHARS): string {
  return address.length > chars ? `${address.slice(0, Math.max(0, chars - 1))}…` : address
}

function parse(address: string, base?: string): URL | undefined {
  return URL.parse(address, base) ?? undefined
}
