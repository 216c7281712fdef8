/** What the site calls itself, or else its host. `undefined` if neither is a name, as `localhost`. */
export function siteName(): string | undefined {
  const own = document.querySelector<HTMLMetaElement>('meta[property="og:site_name"]')?.content.trim()
  const host = location.hostname.replace(/^www\./, '')
  // The last label of a name begins with a letter. Labels in other scripts are encoded, and not to be read.
  return own || (/\.[a-z]/.test(host) && !host.includes('xn--') ? host : undefined)
}
