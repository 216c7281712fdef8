/** What is known of the page that shows a document on the site: its title and its address. */
import type { Document } from './document.ts'

/** OpenAI's bound of an attribute. */
const MAX_ATTRIBUTE = 512

/** Where documents are on the site: what `--site` says, as two parts around the path. */
export interface Site {
  /** Ends with a slash. */
  base: string
  /** Goes after the path without its extension. `undefined`: HTML keeps its name. */
  ending: string | undefined
}

/**
 * @param text `https://example.com/docs/`; a `*` in it stands for the path without its extension:
 *   `https://example.com/docs/*.html`
 * @throws {TypeError}
 */
export function parseSite(text: string): Site {
  const wrong = new TypeError(
    `--site takes an address such as https://example.com/docs/ or https://example.com/docs/*.html, not ${text}`,
  )
  const [start = '', ending, ...more] = text.split('*')
  if (more.length > 0 || !URL.canParse(start)) throw wrong
  const { protocol, username, password, search, hash } = new URL(start)
  if (!/^https?:$/.test(protocol) || username || password || search || hash) throw wrong
  if (ending !== undefined && !start.endsWith('/')) throw wrong
  return { base: start.endsWith('/') ? start : `${start}/`, ending }
}

/** @returns `url` and `title`, each where it is known */
export function pageOf(document: Document, site: Site | undefined): { url?: string; title?: string } {
  const address = site && addressOf(document, site)
  const url = document.kind === 'html' ? (canonicalOf(document.head, address) ?? address) : address
  const title = titleOf(document)
  return {
    ...(url === undefined || url.length > MAX_ATTRIBUTE ? {} : { url }),
    ...(title === undefined || title === '' ? {} : { title: title.slice(0, MAX_ATTRIBUTE) }),
  }
}

function addressOf({ path, kind }: Document, { base, ending }: Site): string {
  const encoded = path.split('/').map(encodeURIComponent).join('/')
  const isPage = kind === 'markdown' || kind === 'html'
  if (!isPage) return base + encoded
  // The page of a folder: `guide/index.html`, `guide/README.md`.
  const start = /^(|.*\/)(?:index\.[^./]+|readme\.(?:md|mdx|markdown))$/i.exec(encoded)
  if (start) return base + start[1]
  if (kind === 'html' && ending === undefined) return base + encoded
  return base + encoded.replace(/\.[^.]+$/, '') + (ending ?? '')
}

function titleOf({ kind, head }: Document): string | undefined {
  if (kind === 'html') {
    const [, title] = /<title(?:\s[^>]*)?>([^<]*)<\/title/i.exec(head) ?? []
    return title && plain(title)
  }
  if (kind !== 'markdown') return undefined
  const [front = ''] = /^---\r?\n[\s\S]*?\n---(?=\r?\n|$)/.exec(head) ?? []
  const [, named] = /^title:[ \t]*(.+)$/m.exec(front) ?? []
  if (named) return named.trim().replace(/^(["'])(.*)\1$/, '$2')
  // A comment in a shell's code looks like a heading.
  const text = head.slice(front.length).replace(/^(```|~~~)[\s\S]*?^\1/gm, '')
  const [, heading] = /^#[ \t]+(.+?)[ \t#]*$/m.exec(text) ?? []
  return heading?.replace(/\[([^\]]*)\]\([^)]*\)|[*`]+/g, '$1')
}

/** @returns the address by which the page itself wants to be known */
function canonicalOf(html: string, address: string | undefined): string | undefined {
  const [link = ''] = /<link\s[^>]*rel\s*=\s*["']?canonical\b[^>]*>/i.exec(html) ?? []
  const [, quoted, bare] = /\shref\s*=\s*(?:["']([^"']*)["']|([^\s>"']+))/i.exec(link) ?? []
  const href = plain(quoted ?? bare ?? '')
  if (href === '' || !URL.canParse(href, address)) return undefined
  const url = new URL(href, address)
  return /^https?:$/.test(url.protocol) ? url.href : undefined
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }

/** HTML's text as plain text, with the entities that titles have. */
function plain(html: string): string {
  return html
    .replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));/gi, (entity, decimal, hex, name) => {
      if (name) return ENTITIES[name.toLowerCase()] ?? entity
      const point = decimal ? Number(decimal) : Number.parseInt(hex, 16)
      return point <= 0x10ffff ? String.fromCodePoint(point) : entity
    })
    .replace(/\s+/g, ' ')
    .trim()
}
