/** The headers that the built client is delivered with, by path. */
import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { ROOT } from '../../scripts/bundle.ts'
import { version } from '../../scripts/version.ts'

interface ChunkList {
  contract: number
  version: string
  parts: Record<string, { file: string; integrity: string }>
}

export const chunkList = (): ChunkList =>
  JSON.parse(readFileSync(`${ROOT}dist/client/widget-chunks.json`, 'utf8'))

/** The path of `v/…/widget.js`, from the deployment's root. */
export const PINNED = `/v/${version}/widget.js`

const FOREVER = 'public, max-age=31536000, immutable'

/** Checks the headers of the page, and of everything that another site loads. */
export async function expectDelivery(url: string): Promise<void> {
  const part = `/${Object.values(chunkList().parts)[0]?.file}`
  const script = /src="(\/assets\/[^"]+)"/.exec(await (await fetch(url)).text())?.[1] ?? ''
  for (const [path, caching, anywhere] of [
    ['/', 'public, max-age=0, must-revalidate', false],
    [script, FOREVER, false],
    ['/widget.js', 'no-cache', true],
    ['/widget-chunks.json', 'no-cache', true],
    [part, FOREVER, true],
    [PINNED, FOREVER, true],
    [PINNED.replace('/widget.js', part), FOREVER, true],
  ] as const) {
    const { status, headers } = await fetch(url + path)
    const name = (header: string) => headers.get(header)
    expect([path, status, name('cache-control')]).toEqual([path, 200, caching])
    expect([path, name('access-control-allow-origin')]).toEqual([path, anywhere ? '*' : null])
    expect([path, name('cross-origin-resource-policy')]).toEqual([path, anywhere ? 'cross-origin' : null])
    expect([path, name('x-content-type-options')]).toEqual([path, 'nosniff'])
    expect([path, name('content-security-policy')?.startsWith("default-src 'none'")]).toEqual([path, true])
    const again = await fetch(url + path, { headers: { 'if-none-match': name('etag') ?? '' } })
    expect([path, again.status]).toEqual([path, 304])
  }
}
