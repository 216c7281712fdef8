/** A web site for tests, on an origin of its own. */
import { createServer } from 'node:http'

export interface Site {
  /** Without a slash at its end. */
  url: string
  /** The requested paths with their queries, in order. */
  asked: string[]
  stop(): void
}

export interface Page {
  status?: number
  headers?: Record<string, string>
  body: string | Uint8Array
}

/** @param pageAt returns the page at a path; `undefined`: 404 */
export async function startSite(pageAt: (path: string) => Page | undefined): Promise<Site> {
  const asked: string[] = []
  const server = createServer(({ url = '/' }, response) => {
    // A browser requests it by itself, once a site.
    if (url !== '/favicon.ico') asked.push(url)
    const { status = 200, headers = {}, body } = pageAt(url.split('?')[0] ?? '/') ?? { status: 404, body: '' }
    response.writeHead(status, headers).end(body)
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/**
 * The strictest policy that still lets a site use the widget from this host.
 *
 * @param host Millrace's origin
 * @param styles where styles may come from; the site's own have a nonce
 */
export const strictPolicy = (host: string, styles = host) =>
  `default-src 'none'; script-src ${host}; connect-src ${host}; style-src ${styles}; require-trusted-types-for 'script'; trusted-types 'none'`

/** A site's page with these tags in its body. */
export const html = (body: string, policy = '', head = '', language = 'en'): Page => ({
  headers: {
    'content-type': 'text/html; charset=utf-8',
    ...(policy && { 'content-security-policy': policy }),
  },
  body: `<!doctype html><html lang="${language}"><head><meta name="viewport" content="width=device-width"><title>A site</title>${head}</head><body>${body}</body></html>`,
})
